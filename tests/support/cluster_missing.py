"""What a test against a real cluster cannot have here: a reason to skip it."""


class Missing(Exception):  # noqa: N818 - no error: the text says why the test cannot run here
    """A program or a definition of a custom resource is not at hand."""
