"""The targets for machines of one's own."""

from dataclasses import dataclass, replace

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, has_errors
from inferc.targets.base import Emitted, Options, asked_at, fits_one_machine
from inferc.targets.on_prem import boxes, cluster
from inferc.targets.on_prem.options import COMPOSE, KUBERNETES, read_options
from inferc.targets.on_prem.options import TARGET as NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPremTarget:
    """One box with Docker or Podman, or a cluster without the internet."""

    name: str = NAME
    form: str = ""
    """The only form that it has; empty for the one that is asked for, or fits the hardware."""

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        span = asked_at(topology, self.name)
        choices, wrong = read_options(options, span, target=self.name, form=self.form)
        if has_errors(wrong):
            return Emitted(artifacts=(), diagnostics=wrong)
        form = self.form or choices.form or _fitting(topology)
        if form == KUBERNETES:
            emitted = cluster.emit(topology, choices, options)
        else:
            emitted = boxes.emit(topology, choices, form, span)
        return replace(emitted, diagnostics=tuple(map(self._said, emitted.diagnostics)))

    def _said(self, one: Diagnostic) -> Diagnostic:
        """Return ``one`` as said by this target, whose name was asked for."""
        message = one.message
        for other in ("kubernetes", NAME):
            message = message.replace(f"the target `{other}`", f"the target `{self.name}`")
        step = f'write `form = "{KUBERNETES}"`'
        other = f'emit `on_prem` with `form = "{KUBERNETES}"`' if self.form else step
        return replace(one, message=message, help=one.help.replace(step, other))


def _fitting(topology: Topology) -> str:
    """Return what fits the hardware: a cluster where machines are joined to one."""
    return COMPOSE if fits_one_machine(topology) else KUBERNETES


TARGET = OnPremTarget()
COMPOSE_TARGET = OnPremTarget(name="compose", form=COMPOSE)
