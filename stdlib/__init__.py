"""The catalog: facts with their sources."""
