"""Whether the containers of a machine would run as planned: what no schema knows."""

from collections.abc import Iterator, Sequence

from inferc.dsl import Diagnostic, Span
from inferc.targets.on_prem import diagnostics as report
from inferc.targets.on_prem.containers import Container
from inferc.targets.on_prem.machines import Machine


def check(
    machine: Machine, found: Sequence[Container], span: Span | None = None
) -> tuple[Diagnostic, ...]:
    """Return why ``found`` would not run as planned; nothing where they do."""
    return (*_ports(found, span), *_wrong(machine, found))


def _wrong(machine: Machine, found: Sequence[Container]) -> Iterator[Diagnostic]:
    for where, message in (*_names(found), *_gpus(machine, found), *_memory(found)):
        yield report.inconsistent(where=where, message=message)


def _ports(found: Sequence[Container], span: Span | None) -> Iterator[Diagnostic]:
    """Yield the ports that two containers want."""
    taken: dict[int, str] = {}
    for one in found:
        for port in one.ports:
            if taken.setdefault(port.port, one.name) != one.name:
                first = taken[port.port]
                yield report.ports_collide(port=port.port, first=first, second=one.name, span=span)


def _names(found: Sequence[Container]) -> Iterator[tuple[str, str]]:
    names = [one.name for one in found]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield name, "two containers have this name"
    for one in found:
        for other in one.after:
            waited = next((item for item in found if item.name == other), None)
            if waited is None:
                yield one.name, f"it waits for `{other}`, which is not there"
            elif not waited.once:
                yield one.name, f"it waits for the end of `{other}`, which never ends"


def _gpus(machine: Machine, found: Sequence[Container]) -> Iterator[tuple[str, str]]:
    taken: dict[int, str] = {}
    for one in found:
        for device in one.devices:
            if not 0 <= device < machine.place.per_node:
                yield one.name, f"GPU {device} of {machine.place.per_node} does not exist"
            if device in taken:
                yield one.name, f"GPU {device} belongs to `{taken[device]}`"
            taken[device] = one.name
    for replica in machine.replicas:
        own = next((one for one in found if one.name == replica.name), None)
        wanted = replica.serving.plan.configuration.accelerators_per_replica
        if own is None:
            yield replica.name, "the replica has no container"
        elif len(own.devices) != wanted:
            yield replica.name, f"it has {len(own.devices)} GPUs, and needs {wanted}"


def _memory(found: Sequence[Container]) -> Iterator[tuple[str, str]]:
    for one in found:
        if one.shm_gib >= one.memory_gib:
            message = f"shared memory of {one.shm_gib} GiB fills the limit of {one.memory_gib} GiB"
            yield one.name, message
        if one.health is not None and one.health.timeout_s > one.health.interval_s:
            yield one.name, "it is asked for its health again before it must have answered"
