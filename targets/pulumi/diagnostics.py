"""What only the Pulumi target has to say."""

from inferc.dsl import Diagnostic


def no_sdk_field(*, object_: str, owner: str, field: str, sdk: str) -> Diagnostic:
    """INF630: an object has a field that the pinned SDK has no argument for."""
    return Diagnostic(
        code="INF630",
        slug="no-sdk-field",
        message=f"the Pulumi SDK has no argument for the field `{field}` of {object_}",
        span=None,
        notes=(f"`{owner}` of {sdk} does not know it",),
        help="emit the target `kubernetes` instead, and report this",
    )
