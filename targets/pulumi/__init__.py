"""The pulumi target."""
