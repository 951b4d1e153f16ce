"""What the compiler found, told to people and to programs.

Each report is a module of its own, so that a command loads no other.
"""
