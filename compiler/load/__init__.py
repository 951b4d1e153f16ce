"""The imports of a file: text to a closed set of modules."""
