"""Gateways before topologies of different shapes, and texts of files that have them."""

from collections.abc import Sequence
from dataclasses import replace

from support import designs, topologies
from support.front import resolve_text, sound

from inferc.compiler.model import Decision, Design, build
from inferc.compiler.model.catalog import engine_at
from inferc.compiler.model.gateway import Certificate, Gateway, Keys, Route
from inferc.compiler.provenance import exactly
from inferc.compiler.topology import Topology
from inferc.dsl import has_errors
from inferc.targets.kubernetes.objects.serving import Serving, servings
from inferc.targets.kubernetes.objects.settings import Choices
from inferc.targets.kubernetes.objects.ways import Way, ways_of

DESIGN = """infer 1
import std.catalog as cat

topology desk {{
  model small {{ source = cat.models.meta.llama_3_1_8b_instruct }}
  model large {{ source = cat.models.meta.llama_3_1_8b_instruct }}
  cluster dc1 {{
    pool gpu {{
      nodes = 1
      gpu   = 8 * cat.gpu.nvidia.h100_80gb_sxm
    }}
  }}
  service chat {{
    model = small
    on    = dc1.gpu
    load {{ rate = 60 req/min }}
    sla {{ p95 ttft <= 1s }}
  }}
  service coder {{
    model = large
    on    = dc1.gpu
    load {{ rate = 60 req/min }}
    sla {{ p95 ttft <= 1s }}
  }}
{body}
}}
"""
"""A file with two services; ``body`` is where the gateways go."""

WARNED = ("INF209", "INF212", "INF215")
"""Warnings about gateways."""

EDGE = """  gateway edge {
    host = "ai.example.com"
    tls  = secret("edge-tls")
    auth = api_key("edge-keys")
  }
"""


def text_of(body: str) -> str:
    """Return a file with two services and ``body``."""
    return DESIGN.format(body=body)


def route(service: str = "chat", **changes: object) -> Route:
    """Return a route to a service with ``changes``."""
    plain = Route(
        name=service,
        service=service,
        hosts=("ai.example.com",),
        paths=("/v1/*",),
        rewrite="",
        by_model=False,
        timeout_s=None,
        idle_timeout_s=None,
        retries=None,
        routing="",
        session=None,
        span=designs.NOWHERE,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # its own fields


def gateway(*routes: Route, **changes: object) -> Gateway:
    """Return a gateway with a certificate and keys, leading to ``chat`` unless said otherwise."""
    plain = Gateway(
        name="edge",
        port=443,
        certificate=Certificate(secret="edge-tls"),  # noqa: S106 - a name
        keys=Keys(secret="edge-keys"),  # noqa: S106 - a name
        gateway_class="",
        namespace="",
        routes=routes or (route(),),
        span=designs.NOWHERE,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # its own fields


def behind(topology: Topology, *gateways: Gateway) -> Topology:
    """Return ``topology`` with requests that come in by ``gateways``."""
    return replace(topology, gateways=gateways or (gateway(),))


def routed_chat(*routes: Route, **changes: object) -> Topology:
    """Return the first example behind a gateway."""
    return behind(topologies.support_chat(), gateway(*routes, **changes))


def hosts_of(topology: Topology) -> Sequence[str]:
    """Return all hosts that callers use."""
    return [host for one in topology.gateways for host in one.hosts]


def asking(topology: Topology, routing: str) -> Topology:
    """Return ``topology`` with services whose lines say how requests are dealt out."""
    line = Decision(
        field="routing",
        operator="=",
        values=(routing,),
        is_range=False,
        because="",
        span=designs.NOWHERE,
    )
    plans = (
        replace(
            plan,
            service=replace(plan.service, decisions=(*plan.service.decisions, line)),
            configuration=replace(plan.configuration, routing=routing),
        )
        for plan in topology.services
    )
    return replace(topology, services=tuple(plans))


def wishing(topology: Topology) -> Topology:
    """Return ``topology`` with services that promise nothing."""
    plans = (
        replace(plan, service=replace(plan.service, objectives=())) for plan in topology.services
    )
    return replace(topology, services=tuple(plans))


def loaded(rate_per_s: float, prompt_tok: float, *, replicas: int) -> Serving:
    """Return a service of many replicas under a load without spikes."""
    (plan,) = topologies.support_chat().services
    load = plan.service.load
    changed = replace(
        load,
        rate_per_s=exactly(rate_per_s),
        peak=exactly(1.0),
        prompt=replace(load.prompt, mean_tok=exactly(prompt_tok)),
    )
    grown = replace(
        plan,
        service=replace(plan.service, load=changed),
        autoscale=replace(plan.autoscale, max_replicas=replicas),
    )
    topology = replace(topologies.support_chat(), services=(grown,))
    (found,) = servings(topology, Choices())
    return found


def on_engine(topology: Topology, name: str) -> Topology:
    """Return ``topology`` with services on another engine."""
    engine = engine_at(f"engine.{name}")
    plans = (
        replace(
            plan,
            service=replace(plan.service, engines=(engine,)),
            configuration=replace(plan.configuration, engine=engine.id),
        )
        for plan in topology.services
    )
    return replace(topology, services=tuple(plans))


def ways(topology: Topology) -> Sequence[Way]:
    """Return the routes of ``topology`` as the Kubernetes target sees them."""
    return ways_of(topology, servings(topology, Choices()))


def design_of(text: str, *, env: str = "") -> Design:
    """Return the only design of a text that must be without errors."""
    outcome = build(sound(text, env=env or None))
    assert [item.code for item in outcome.diagnostics if item.code not in WARNED] == []
    (found,) = outcome.designs
    return found


def problems_of(text: str) -> list[str]:
    """Return the codes of what is wrong with a text, errors of names and types first."""
    resolved = resolve_text(text)
    found = resolved.diagnostics
    if not has_errors(found):
        found = (*found, *build(resolved.resolved).diagnostics)
    return [item.code for item in found]
