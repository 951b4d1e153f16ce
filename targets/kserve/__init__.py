"""The kserve target."""
