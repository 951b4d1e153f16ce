"""Texts to designs: the real front end, and a program to vary."""

from inferc.compiler.load import load
from inferc.compiler.model import Design, Outcome, Service, build
from inferc.compiler.resolve import Resolved, resolve
from inferc.dsl import Diagnostic, SourceFile, has_errors

PROGRAM = """infer 1
import std.catalog as cat

topology desk {{
  {facts}

  model llama {{
    source = {source}
    {model}
  }}

  cluster dc {{
    platform = kubernetes
    {cluster}

    pool gpu {{
      nodes = {nodes}
      gpu   = {gpu}
      {pool}
    }}
  }}

  device box {{
    hardware = {hardware}
    {device}
  }}

  service chat {{
    model = {served}
    on    = {on}
    {service}

    load {{
      rate = {rate}
      {load}
    }}

    sla {{
      {sla}
    }}
  }}

  {more}
}}
"""
DEFAULTS = {
    "facts": "",
    "source": "cat.models.meta.llama_3_70b_instruct",
    "model": "",
    "cluster": "",
    "nodes": "1",
    "gpu": "8 * cat.gpu.nvidia.a100_80gb_sxm",
    "pool": "",
    "hardware": "cat.board.raspberry_pi_4b_4gb",
    "device": "",
    "served": "llama",
    "on": "dc.gpu",
    "service": "",
    "rate": "1000 req/min",
    "load": "",
    "sla": "p95 ttft <= 500ms",
    "more": "",
}


class NoFiles:
    """A reader for texts that import nothing but the standard library."""

    def read(self, path: str) -> str:
        raise FileNotFoundError(path)

    def names(self, folder: str) -> tuple[str, ...]:  # noqa: ARG002
        return ()


def program(**parts: str) -> str:
    """Return the program with some of its parts replaced."""
    return PROGRAM.format(**(DEFAULTS | parts))


def resolved(text: str) -> Resolved:
    """Return what ``text`` resolves to; it must be free of errors up to there."""
    loaded = load(SourceFile("desk.infer", text), NoFiles())
    assert not has_errors(loaded.diagnostics), messages(loaded.diagnostics)
    outcome = resolve(loaded)
    assert not has_errors(outcome.diagnostics), messages(outcome.diagnostics)
    return outcome.resolved


def outcome_of(text: str) -> Outcome:
    """Return what ``text`` means."""
    return build(resolved(text))


def design_of(text: str) -> Design:
    """Return the one design of ``text``, which must be free of errors."""
    outcome = outcome_of(text)
    assert not outcome.diagnostics, messages(outcome.diagnostics)
    (design,) = outcome.designs
    return design


def service_of(**parts: str) -> Service:
    """Return the service of the program with some of its parts replaced."""
    (service,) = design_of(program(**parts)).services
    return service


def complaints(**parts: str) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the meaning of the program with some parts replaced."""
    return outcome_of(program(**parts)).diagnostics


def messages(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    """Return diagnostics as lines, for the failure message of a test."""
    return [f"{item.span}: {item.code} {item.message}" for item in diagnostics]
