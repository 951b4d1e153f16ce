"""What the files of a Hugging Face repository say about a model: texts to fields of `llm`."""

from inferc.compiler.huggingface.build import Outcome, describe
from inferc.compiler.huggingface.config import Fact, Plain
from inferc.compiler.huggingface.families import FAMILIES

__all__ = ["FAMILIES", "Fact", "Outcome", "Plain", "describe"]
