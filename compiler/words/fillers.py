"""Words that say nothing about a design: they hold a sentence together, or name what is clear."""

import re

_SMALL = """
a about above across add after again all along also altogether always am among an and another any
approx are aren't around as ask asked at available avoid avoided avoiding based be because been
before being below best between both build but by can cannot could currently deploy deployed
deploying deployment described design designed did do does doesn't doing don't done due during e.g
each either else enough especially etc even ever every exactly except excluding expect expected
expects few fewer for from full fully further get gets give given go good got great had has hasn't
have having he help here his how however i i.e if in incl include included includes including
instead into involving is isn't it it's its just keep keeping kind kinds know known lacking lacks
large larger least less let like likely long longer lot lots made mainly make makes many may maybe
me meet might more most mostly much must my need needed needing needs neither never next nice no non
none nor not now of off often on once one ones only or other others our ours out over overall own
owns per please plus possible preferably preferred prefers primarily provide provided provides put
quite rather ready really regular relevant require required requirement requirements requires
roughly run running runs same say see set several shall she should similar simple simply since size
sized small so some something soon standard still such sure take taken than that that's the their
them then there there's these they thing things this those through thus to together too towards turn
type types typical typically under until up upon us use used user users uses using usual usually
various versus very via vs want wanted wants was we well were what when where which who whole whose
why will wish wishes with within without won't work working works would yet you your
"""
_CLEAR = """
accelerated accelerator accelerators access across agent agents ai api apis app application
applications arrive arrives arriving attached average averages avg backed board boards budget
capacity card cards case cases cluster clusters compute configuration connected connecting
constraint constraints context cpu cpus data datacenter dedicated device devices distribution
distributions endpoint endpoints environment equipped exist existing expected external family format
gen generated generation gpu gpus hardware has host hosts importance important inference
infrastructure input inputs instance instances integration interconnect internal job jobs language
large latencies latency length lengths limit limits linked llm llms load machine machines matter
matters max maximum mean memory min minimum ml model models network networking networks node nodes
number output outputs parameter parameters params pattern patterns payload payloads peak per
performance pipeline pipelines platform pool pools precision processing production profile prompt
prompts quantization quantized rack racks ram rate rates request requests resources response
responses self-hosted sequence sequences serve served server servers service services serving setup
sizes sla slas slo slos spec stack storage stream streamed streams strict support supported
supporting supports system systems target targets task tasks team text throughput time times token
tokens total traffic variable variant variants version volume volumes vram weight weights window
windows workload workloads writing sending asking x
"""
FILLERS = frozenset((_SMALL + _CLEAR).split())

_WORD = re.compile(r"[^\W_][\w'.+/&%-]*")


def means_something(text: str) -> bool:
    """Return whether ``text`` holds a word or a number that is no filler."""
    for match in _WORD.finditer(text):
        word = match.group().rstrip(".'/-&+%")
        if word not in FILLERS and not all(part in FILLERS for part in re.split(r"[-/&]", word)):
            return True
    return False
