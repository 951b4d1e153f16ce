"""The parts of the document; each is a function from the plan to lines of Markdown."""
