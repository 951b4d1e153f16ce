"""The ray-serve target."""
