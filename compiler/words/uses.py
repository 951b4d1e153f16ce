"""What the model is for and what is wanted of it: chat, batch, throughput, low latency."""

import re
from collections.abc import Iterator
from typing import Final

from inferc.compiler.words.phrases import Found

_KINDS = (
    r"(?:[ ](?:applications?|apps?|services?|workloads?|use|users?|traffic|requests?"
    r"|pipelines?|jobs?|tasks?|tool|bot|mode|processing))*"
)

_USES: Final = (
    (
        "code_completion",
        (
            r"code (?:completion|generation|suggestions?|assistant)|autocomplet(?:e|ion)|copilot"
            r"|coding assistant"
        ),
    ),
    (
        "long_context",
        (
            r"(?:long|large)[ -]documents?|long[ -]context (?:chat|use)|document (?:analysis"
            r"|summari[sz]ation|review)"
            r"|summari[sz](?:ation|ing|es?)(?: (?:of )?(?:long )?documents?)?|contracts|books"
            r"|legal documents?"
        ),
    ),
    (
        "question_answering",
        (
            r"question[ -]answering|q&a|qa|rag|retrieval[ -]augmented(?:[ -]generation)?|faq"
            r"|search assistant"
        ),
    ),
    (
        "conversation",
        (
            r"chat(?:bots?|ting)?|conversation(?:al|s)?(?: ai)?|(?:virtual |customer "
            r"|support )*assistants?|dialog(?:ue)?s?"
            r"|customer (?:support|service)|support agents?"
        ),
    ),
)
_BATCH = (
    r"(?:offline|asynchronous|async|nightly|bulk|overnight)(?: batch)?(?: (?:processing"
    r"|inference|scoring|jobs?))?"
    r"|batch(?!ing)(?:es)?(?:[ -](?:processing|inference|jobs?|scoring|mode|only|pipelines?"
    r"|workloads?))*"
)
_ONLINE = (
    r"online|interactive(?:ly)?|real[ -]?time|live|user[ -]facing|customer[ -]facing"
    r"|streaming|synchronous"
)
_GOALS: Final = (
    (
        "throughput",
        (
            r"(?:(?:maximum|maximal|max|high|higher|highest|maximi[sz]e[sd]?|maximi[sz]ing|best"
            r"|most|peak|the|total|overall"
            r"|aggregate|token|tokens|generation|raw"
            r"|sustained)[ -])*throughput(?:[ -](?:optimi[sz]ed|oriented|bound"
            r"|first|is key|matters(?: most)?))?|as many (?:tokens|requests|items) as possible"
        ),
    ),
    (
        "latency",
        (
            r"(?:(?:ultra|very|extremely|lowest|low|minimal|minimi[sz]e|minimum|best|possible"
            r"|tight)[ -])+(?:latency"
            r"|latencies|response times?|ttft)|latency[ -](?:sensitive|critical|first"
            r"|optimi[sz]ed)(?:ity)?"
            r"|(?:as )?(?:fast|quick(?:ly)?) as possible|responsive|fast responses?|snappy"
        ),
    ),
    (
        "cost",
        (
            r"cheap(?:est|ly)?|(?:(?:minimal|minimum|lowest|low|lower|minimi[sz]e|minimi[sz]ing"
            r"|reduced?)[ -])+costs?"
            r"|cost[ -](?:efficient|effective|sensitive|optimi[sz]ed|conscious|aware)(?:ly|ness)?"
            r"|economical(?:ly)?|inexpensive"
        ),
    ),
)


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{words}){_KINDS}(?![a-z0-9])")


_READERS: Final = (
    *(("goal", word, _pattern(words)) for word, words in _GOALS),
    *(("use", word, _pattern(words)) for word, words in _USES),
    ("mode", "batch", _pattern(_BATCH)),
    ("mode", "online", _pattern(_ONLINE)),
)


def read_uses(text: str) -> Iterator[Found]:
    """Yield uses, goals, and whether people wait for the answers."""
    taken: list[Found] = []
    for topic, word, pattern in _READERS:
        for match in pattern.finditer(text):
            if any(one.start < match.end() and match.start() < one.end for one in taken):
                continue
            taken.append(Found(topic, match.start(), match.end(), word))
    yield from taken
