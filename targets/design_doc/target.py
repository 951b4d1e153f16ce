"""The design-doc target: one Markdown file."""

from dataclasses import dataclass

from inferc.compiler.topology import Topology
from inferc.targets.base import Artifact, Emitted, Options, asked_at
from inferc.targets.diagnostics import unknown_option

NAME = "design-doc"


@dataclass(frozen=True, slots=True)
class DesignDocTarget:
    """Writes ``design.md``: what was decided, why, what to avoid and what to watch."""

    name: str = NAME

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the document of ``topology``; it has no options."""
        span = asked_at(topology, NAME)
        wrong = tuple(
            unknown_option(target=NAME, option=option, known=(), span=span)
            for option in sorted(options)
        )
        if wrong:
            return Emitted(artifacts=(), diagnostics=wrong)
        from inferc.targets.design_doc.document import render

        content = render(topology).encode()
        return Emitted(artifacts=(Artifact(path="design.md", content=content),))


TARGET = DesignDocTarget()
