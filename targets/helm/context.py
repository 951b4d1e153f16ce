"""The chart that is being made: what its templates and its values have in common."""

from dataclasses import dataclass, field

from inferc.targets.base import Data
from inferc.targets.helm.gotext import Marks
from inferc.targets.helm.knobs import Knob, Path
from inferc.targets.helm.shapes import Schema, accepts
from inferc.targets.kubernetes.objects import Layout


@dataclass(slots=True, kw_only=True)
class Chart:
    """One chart in the making."""

    name: str
    layout: Layout
    marks: Marks
    taken: tuple[str, ...]
    """The names of the labels that its objects have."""
    knobs: dict[Path, Knob] = field(default_factory=dict[Path, Knob])

    def knob(self, path: Path, value: Data, schema: Schema, about: str) -> Data:
        """Return the planned value at ``path``: ``value``, unless another place gave one before."""
        fitting: Schema = schema if accepts(schema, value) else {}
        made = Knob(path=path, value=value, schema=fitting, about=about)
        return self.knobs.setdefault(path, made).value

    def planned(self, path: Path) -> Data:
        """Return the planned values at ``path`` or below it."""
        if path in self.knobs:
            return self.knobs[path].value
        depth = len(path)
        below = dict.fromkeys(key[depth] for key in self.knobs if key[:depth] == path)
        return {key: self.planned((*path, key)) for key in below}
