"""From descriptions in plain words to a file, its plan and its topology.

    from inferc.designing import design

    designed = design("Llama 3 70B, FP16", "1000 requests per minute", "8x A100 80GB")
    print(designed.words.text)

Nothing here raises over words that are not understood: what became of each phrase is in ``words``.
"""

from typing import TYPE_CHECKING, NamedTuple

from inferc import api
from inferc.dsl import Diagnostic, SourceFile

if TYPE_CHECKING:
    from inferc.compiler.words import Words

FILE = "design.infer"
"""What the file is called in messages until it is written somewhere."""


class Designed(NamedTuple):
    """What descriptions come to: the file that they mean, and the plan of that file."""

    words: "Words"
    planned: api.Planned
    """Without plans where the descriptions name no model or no hardware."""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What there is to say about the words, then about the plan; of a refusal its bounds."""
        return (*self.words.diagnostics, *self.planned.diagnostics)


def design(model: str, workload: str, hardware: str, *, path: str = FILE) -> Designed:
    """Return the file that three descriptions mean, and its plan."""
    from inferc.compiler.words import build

    words = build(model, workload, hardware)
    if not words.text:
        return Designed(words, api.Planned(diagnostics=()))
    return Designed(words, api.draw(SourceFile(path, words.text)))
