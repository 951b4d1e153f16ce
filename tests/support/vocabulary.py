"""The words that random programs are made of, with the awkward ones of each kind."""

NAMES = ("a", "chat", "llama", "gpu_pool", "Tier2", "_x", "p5", "eks", "t", "load", "infinite")
FREE_WORDS = ("over", "at", "per", "where", "from", "as", "extends", "and", "or")
ANY_WORDS = (*FREE_WORDS, "if", "for", "let", "infer", "import", "assert", "remove", "prefer")
KINDS = ("model", "service", "topology", "pool", "sla", "assume", "pin", "env", "emit", "b")
METRICS = ("ttft", "itl", "e2e", "availability", "cost", "score")
STRINGS = (
    '""',
    '"a b"',
    r'"quote \" and \\ slash"',
    '"# no comment // none /* neither */"',
    '"ai.${domain}"',
    '"${a.b[0]} and ${1 + 2}"',
    '"{ ( ["',
    '"häßlich 模型 🦙"',
)
LONG_STRINGS = (
    '"""one line"""',
    '"""two\n   lines "quoted" # here\n"""',
    '"""${chat}\n\n\nend"""',
)
NUMBERS = ("0", "1", "42", "4_000", "0.95", "1e9", "2.5e-3", "1E+6", "007")
QUANTITIES = (
    "500ms",
    "5 minutes",
    "80 GiB",
    "80GiB",
    "1000 req/min",
    "1000/min",
    "1M req/s",
    "16k tok/d",
    "312 TFLOP/s",
    "5%",
    "99.9%",
    "8x",
    "4B",
    "4_000 ktok/d",
    "1e9 B",
    "2 furlong/fortnight/gpu",
)
MONEY = ("$12", "$2.49/gpu/h", "$85k/mo", "$0.12/kWh", "$4_000M")
COMMENT_TEXTS = (
    "",
    " why",
    " }",
    ' "open',
    " {([",
    " häßlich 模型",
    "! ---- x ----",
    " trailing  ",
)
BLANKS = (" ", " ", " ", "  ", "\t", "     ")
CLAUSES = {
    "over": "value",
    "at": "value",
    "where": "value",
    "per": "path",
    "because": "text",
    "else": "text",
    "until": "date",
    "confidence": "name",
}
