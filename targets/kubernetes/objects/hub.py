"""Where weights come from: the public hub, a mirror of it inside, or nowhere."""

import re
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.settings import NO_HUB, Choices

HTTPS_PORT: Final = 443
HTTP_PORT: Final = 80

PORT: Final = re.compile(r"(https?)://[^/:]+(?::(\d+))?", re.ASCII)

ANYWHERE: Final = (("0.0.0.0/0", "169.254.0.0/16"), ("::/0", "fe80::/10"))
"""Every address but the link-local ones, where clouds hand out the node's credentials."""
INSIDE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""Addresses of private networks. Source: RFC 1918, RFC 4193."""

CHECK_SCRIPT: Final = """\
if test -f "$DIRECTORY/$MARKER"; then exit 0; fi
echo "the weights are not in $DIRECTORY, and nothing may be fetched" >&2
exit 1
"""


def fetches(choices: Choices) -> bool:
    """Return whether weights are fetched at all; else somebody puts them onto the volume."""
    return choices.hub != NO_HUB


def endpoint(choices: Choices) -> tuple[tuple[str, str], ...]:
    """Return what tells the client of the hub where it is; nothing for the public one."""
    if not choices.hub or not fetches(choices):
        return ()
    return (("HF_ENDPOINT", choices.hub.rstrip("/")),)


def egress(choices: Choices) -> list[Data]:
    """Return where a download may go: anywhere by HTTPS, or to the mirror's own network."""
    if not fetches(choices):
        return []
    found = PORT.match(choices.hub)
    if found is None:
        blocks: list[Data] = [
            {"ipBlock": {"cidr": block, "except": [local]}} for block, local in ANYWHERE
        ]
        return [_rule(blocks, HTTPS_PORT)]
    port = int(found[2]) if found[2] else HTTPS_PORT if found[1] == "https" else HTTP_PORT
    return [_rule([{"ipBlock": {"cidr": block}} for block in INSIDE], port)]


def _rule(to: list[Data], port: int) -> dict[str, Data]:
    return {"to": to, "ports": [{"port": port, "protocol": "TCP"}]}
