"""Files whose every free text is hostile, and what is expected of what is emitted for them."""

from collections.abc import Iterable

NASTY = (
    "quo\"te 'single' `back`",
    "back\\slash \\n \\t \\\\ \\x41 \\u0041",
    "two\nlines: 1\n  - three\r\n\tand\ttab",
    "${HOME} $(touch /tmp/x) $HOME `id` ; rm -rf / # &",
    "{{ .Values.x }} {% raw %} {# c #} {{- end }} {{ 7*7 }}",
    "key: value # comment - item",
    "--- \n...\n--- !!python/object/apply:os.system [id]",
    "*alias &anchor !tag | > @at %TAG ? : -",
    "yes",
    "null",
    "0x1F",
    "1e3",
    "2026-11-21",
    "<script>alert(1)</script><!-- c --><![CDATA[x]]><?php ?>",
    "]]> &amp; &#60; &lt;b&gt; </text></svg>",
    '"""triple""" \'\'\' # type: ignore',
    "%s %d {x} {0} {x!r} f'{1}' __import__('os')",
    "%h %i %n %% specifier",
    "[Service]\nExecStart=/bin/sh",
    "subgraph n0 end --> x; click n0 href",
    'a -> b; } digraph { x [label="y"]',
    "# heading\n\n* item\n\n| a | b |\n\n    code",
    "[link](javascript:alert(1)) ![i](x) **b** _e_ ~~~ ```",
    "emoji \U0001f600 \u202eright to left\u202c e\u0301 \u200b \ufeff",
    "nul\x00bell\x07esc\x1b[31mred\x7f \x85 \u2028 \u2029",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "x" * 500,
    " leading and trailing ",
    "名前 über naïve",
    "-",
    "#",
    ":",
    "~",
    "!",
)
"""Texts that mean something to one of the formats."""


def written(text: str) -> str:
    """Return ``text`` as a string of the language."""
    return '"' + "".join(_character(char) for char in text) + '"'


def _character(char: str) -> str:
    if char in '"\\$':
        return f"\\{char}"
    return char if " " <= char <= "~" else f"\\u{{{ord(char):X}}}"


def doc(text: str, indent: str = "") -> str:
    """Return ``text`` as a doc comment; what cannot stand in one is left out."""
    lines = "".join(c if c == "\n" or c.isprintable() else " " for c in text).split("\n")
    return "".join(f"{indent}/// {line}\n" for line in lines)


CLUSTER = """cluster dc1 {{
    platform = kubernetes
{doc}    pool gpu {{
      nodes = 1
      gpu   = 8 * cat.gpu.nvidia.h100_80gb_sxm
      price = $2/gpu/h
    }}
  }}"""

PLATFORM = """serverless run {{
    platform = sagemaker_realtime
    region   = "us-east-1"
    instance = aws.g6e_xlarge
    instances in 1..8
  }}"""


def file_of(text: str, *, managed: bool = False) -> str:
    """Return a file in which every free text is ``text``, on a cluster or a managed platform."""
    said = written(text)
    hardware = PLATFORM.format() if managed else CLUSTER.format(doc=doc(text, "    "))
    place = "run" if managed else "dc1.gpu"
    return f"""infer 1
import std.catalog as cat

{doc(text)}topology support_chat {{
  title = {said}

{doc(text, "  ")}  llm own {{
    title      = {said}
    family     = {said}
    repository = "our-team/assistant"
    parameters = 8.03B
    layers     = 32
    hidden     = 4096
    intermediate = 14336
    heads      = 32
    kv_heads   = 8
    vocabulary = 128256
    context    = 8192 tok
  }}

{doc(text, "  ")}  {hardware}

{doc(text, "  ")}  service chat {{
    model = own
    on    = {place}
    load {{
      rate = 60 req/min
      prompt_tokens = dist(mean = 500, p95 = 1500)
      output_tokens = dist(mean = 150, p95 = 400)
    }}
    sla {{
      p95 ttft <= 1s
      p95 tpot <= 60ms
    }}
  }}

  assume {{
    chat.load.peak = 2x because {said}
  }}

  pin {{
    chat.replicas = 2 because {said}
    forbid chat.precision = int4 because {said}
  }}
}}
"""


CHECKED = {
    "namespace": 'namespace = "{}"',
    "storage_class": 'storage_class = "{}"',
    "prometheus": 'prometheus = "http://{}.example:9090"',
    "release_label": 'release_label = "{}"',
    "image_registry": 'image_registry = "{}.example:5000/hub"',
    "image_pull_secret": 'image_pull_secret = "{}"',
    "gateway_namespace": 'gateway_namespace = "{}"',
}
"""Settings of a cluster that must have a form of their own, each with a harmless value."""

EDGE = {
    "gateway_class": 'gateway_class = "{}"',
    "host": 'host = "{}.example"',
    "tls": 'tls = secret("{}")',
    "keys": 'auth = api_key("{}")',
}
"""The same of a gateway."""


def tokens(names: Iterable[str]) -> dict[str, str]:
    """Return a harmless text for each of ``names``, none of which is in another."""
    return {name: f"benign{chr(ord('a') + number)}" for number, name in enumerate(names)}


PLACES = (*CHECKED, *EDGE, "repository", "name")
"""Where texts stand that are looked at before they are used."""


def checked_file(*, gateway: bool = True) -> str:
    """Return a file with a text of its own in every such place."""
    known = tokens(PLACES)
    cluster = "\n    ".join(form.format(known[name]) for name, form in CHECKED.items())
    edge = "\n    ".join(form.format(known[name]) for name, form in EDGE.items())
    plain = file_of("usual")
    plain = plain.replace("platform = kubernetes\n", f"platform = kubernetes\n    {cluster}\n")
    plain = plain.replace("our-team/assistant", f"our-team/{known['repository']}")
    plain = plain.replace("model = own", f'model = own\n    name = "{known["name"]}"')
    plain = plain.replace("rate = 60 req/min", "rate = 6000 req/min")
    plain = plain.replace("    chat.replicas = 2 because", "    chat.tensor_parallel = 1 because")
    block = f"  gateway edge {{\n    {edge}\n  }}\n  edge -> chat\n\n" if gateway else ""
    return plain.replace("  assume {", f"{block}  assume {{")
