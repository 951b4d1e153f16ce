"""The diagram target."""
