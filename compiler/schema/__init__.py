"""Which blocks and fields exist, as data."""
