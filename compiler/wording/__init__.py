"""Numbers and verdicts as people read them, wherever they are shown."""
