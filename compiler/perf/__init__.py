"""The performance model: how fast, how much memory. Plain functions of floats."""
