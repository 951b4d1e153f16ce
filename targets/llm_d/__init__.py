"""The llm-d target."""
