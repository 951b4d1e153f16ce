"""Disaggregated serving: the KV cache of every prompt passes from one replica to another."""

from collections.abc import Iterator

from inferc.compiler.plan.bounds.amounts import Amount, let
from inferc.compiler.plan.bounds.claim import Claim, Rule
from inferc.compiler.plan.bounds.facts import capacity
from inferc.compiler.plan.bounds.favourable import Ground
from inferc.compiler.plan.dimensions import allows_aggregated

TRANSFER = Rule(
    "INF439",
    "kv-transfer-exceeded",
    "the KV cache of all prompts must pass from the replicas that compute them to the others",
    "Zhong et al., DistServe (2024), section 4.3",
)


def transfer(ground: Ground) -> Iterator[Claim]:
    """Yield: all accelerators together send the KV cache of all prompts over their fastest link.

    Only where the file leaves nothing but disaggregated serving.
    """
    if allows_aggregated(ground.case.decisions):
        return
    facts = ground.facts
    words = "KV cache of a mean prompt"
    cached = ground.counts.kv(
        "prompt_mean_kv_bytes", facts.prompt_mean, ground.kv_format, words, spread=True
    )
    link = _fastest(ground)
    words = "that all accelerators send together, each over its fastest link"
    all_links = let("all_link_bytes_per_s", facts.devices * link, "B/s", words)
    yield Claim(
        rule=TRANSFER,
        need=facts.rate * facts.peak * cached,
        have=all_links,
        unit="B/s",
        short=(facts.rate, facts.peak, facts.prompt_mean, cached, facts.devices, link),
        spans=(*ground.demand, *ground.on),
    )


def _fastest(ground: Ground) -> Amount:
    """Return the bandwidth of the fastest link of an accelerator, whomever it leads to."""
    place = ground.facts.place
    gpu = place.accelerator
    links = [link for link in (gpu.link, gpu.host_link, place.network) if link is not None]
    fastest = max(links, key=lambda link: link.bandwidth_bytes_per_s.high)
    words = f"bandwidth of {fastest.title}, the fastest link of an accelerator, one direction"
    return capacity("fastest_link_bytes_per_s", fastest.bandwidth_bytes_per_s, "B/s", words)
