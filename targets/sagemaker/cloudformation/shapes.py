"""What templates are made of: resources, and expressions that CloudFormation evaluates."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.names import digest

Properties = Mapping[str, Data]
Resources = dict[str, Data]

ACCOUNT: Final[Data] = {"Ref": "AWS::AccountId"}
POLICY_VERSION: Final = "2012-10-17"


def ref(name: str) -> Data:
    """Return the value of a parameter, or the name of a resource."""
    return {"Ref": name}


def attribute(name: str, of: str) -> Data:
    """Return an attribute of a resource: its ARN."""
    return {"Fn::GetAtt": [name, of]}


def sub(text: str) -> Data:
    """Return ``text`` with what stands in ``${…}`` filled in; nothing of a user's may be in it."""
    return {"Fn::Sub": text}


def resource(
    kind: str,
    properties: Properties,
    *,
    after: Iterable[str] = (),
    keep: bool = False,
    unlike: Mapping[str, str] | None = None,
) -> Data:
    """Return a resource; ``keep`` leaves its data alone when the stack is deleted.

    ``unlike`` are rules of checkov's that it is not held to, each with the reason.
    """
    found: dict[str, Data] = {"Type": f"AWS::{kind}"}
    if unlike:
        skipped: Data = [{"id": rule, "comment": why} for rule, why in unlike.items()]
        found["Metadata"] = {"checkov": {"skip": skipped}}
    waits = sorted(after)
    if waits:
        found["DependsOn"] = waits
    if keep:
        found["DeletionPolicy"] = "Retain"
        found["UpdateReplacePolicy"] = "Retain"
    found["Properties"] = dict(properties)
    return found


def allow(
    sid: str, actions: Iterable[str], resources: Data, conditions: Data = None
) -> dict[str, Data]:
    """Return a statement of a policy."""
    found: dict[str, Data] = {"Sid": sid, "Effect": "Allow", "Action": list(actions)}
    found["Resource"] = resources
    if conditions is not None:
        found["Condition"] = conditions
    return found


def policy(*statements: Data) -> Data:
    """Return the document of a policy."""
    return {"Version": POLICY_VERSION, "Statement": list(statements)}


def logical_ids(labels: Iterable[str]) -> Mapping[str, str]:
    """Return for every label the letters and digits that the names of its resources begin with."""
    known = list(labels)
    plain = {label: _camel(label) for label in known}
    counts = list(plain.values())
    return {
        label: name if counts.count(name) == 1 else f"{name}{digest(label)}"
        for label, name in plain.items()
    }


def _camel(label: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", label))
