"""The compiler: syntax to model to problem to plan to topology."""
