"""One file per command; each has a function of its own name."""
