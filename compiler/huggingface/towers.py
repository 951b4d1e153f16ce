"""The networks beside a language model that see pictures or hear sounds."""

from inferc.compiler.huggingface.config import Config, whole_number
from inferc.compiler.huggingface.document import Members

TOWERS = ("vision_config", "audio_config")
DEPTH = ("depth", "num_hidden_layers", "encoder_layers")
WIDTH = ("hidden_size", "embed_dim", "d_model")
INTERMEDIATE = ("intermediate_size", "encoder_ffn_dim")


def tower_parameters(whole: Config) -> int:
    """Return about how many weights the layers of the towers hold; 0 where they do not say.

    Attention has four matrices of width x width, a plain MLP two of width x intermediate, four
    times as wide where nothing is said.

    Source:
        Dosovitskiy et al., An Image is Worth 16x16 Words, section 3.1, arXiv:2010.11929.

    Holds for:
        The layers alone: what joins them to the language model comes to a tenth of them.
    """
    return sum(_layers(part) for name in TOWERS if (part := whole.part(name)) is not None)


def _layers(part: Members) -> int:
    depth, width = _first(part, DEPTH), _first(part, WIDTH)
    intermediate = _first(part, INTERMEDIATE) or 4 * width
    return depth * (4 * width * width + 2 * width * intermediate)


def _first(part: Members, names: tuple[str, ...]) -> int:
    values = (part.values.get(name) for name in names)
    return next((value for value in values if whole_number(value)), 0)
