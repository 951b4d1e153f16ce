"""Names and values: modules to blocks whose fields are typed values."""
