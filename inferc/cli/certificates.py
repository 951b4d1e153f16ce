"""Certificates on standard output: ``inferc explain --certificate``."""

import sys
from difflib import get_close_matches

from inferc import api
from inferc.cli.exit_codes import OK, USAGE
from inferc.cli.options import Overlay
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import complain, say, to_json, wants_color
from inferc.versions import FORMAT_VERSION


def print_certificates(file: str, service: str, overlay: Overlay, *, form: str, color: str) -> int:
    """Print the bounds of the services of ``file``, or of ``service`` alone."""
    from inferc.report.certificate import render, to_data

    certified = api.certify(file, env=overlay.env, params=overlay.params)
    show(certified.diagnostics, form="human", color=color)
    if not certified.ok:
        return exit_code(certified.diagnostics)
    found = {
        topology: {name: bounds for name, bounds in services.items() if service in {"", name}}
        for topology, services in certified.certificates.items()
    }
    found = {topology: services for topology, services in found.items() if services}
    if not found:
        return _unknown(file, service, certified)
    if form == "json":
        data = [to_data(topology, services) for topology, services in found.items()]
        several = {"format_version": FORMAT_VERSION, "topologies": data}
        say(to_json(data[0] if len(data) == 1 else several))
        return OK
    painted = wants_color(color, sys.stdout)
    say("\n".join(render(name, services, color=painted) for name, services in found.items()))
    return OK


def _unknown(file: str, service: str, certified: api.Certified) -> int:
    known = [name for services in certified.certificates.values() for name in services]
    complain(f"error: `{file}` has no service `{service}`")
    near = get_close_matches(service, known, n=3, cutoff=0.5) or known
    complain(f"  help: it has {', '.join(f'`{name}`' for name in dict.fromkeys(near))}")
    return USAGE
