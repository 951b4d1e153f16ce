"""Pictures of what was found out."""
