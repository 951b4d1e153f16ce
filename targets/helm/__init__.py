"""The helm target."""
