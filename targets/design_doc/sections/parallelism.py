"""How a model is spread over accelerators, and why that way."""

from collections.abc import Iterator

from inferc.compiler.model import Place
from inferc.compiler.plan import ServicePlan
from inferc.compiler.wording.amounts import amount
from inferc.targets.design_doc.facts import fabric, losers
from inferc.targets.design_doc.markdown import section, text


def parallelism(plan: ServicePlan) -> list[str]:
    """Return the strategy in paragraphs, the losers of each decision behind it."""
    return section(3, "Parallelization", *([line] for line in _paragraphs(plan)))


def _paragraphs(plan: ServicePlan) -> Iterator[str]:
    yield _tensor(plan)
    yield from _pipeline(plan)
    yield from _experts(plan)
    yield from _disaggregation(plan)
    yield from _speculation(plan)


def _tensor(plan: ServicePlan) -> str:
    degree, place = plan.configuration.tensor_parallel, plan.service.place
    lost = _against(plan, "tensor_parallel")
    if degree == 1:
        return (
            "**No tensor parallelism**: an accelerator holds whole layers, and none waits for "
            f"another within a layer.{lost}"
        )
    return (
        f"**Tensor parallelism {degree}** over {_inside(place, degree)}: a group exchanges "
        "activations twice a layer, so tensor parallelism stays inside what joins its "
        f"accelerators.{lost}"
    )


def _inside(place: Place, degree: int) -> str:
    link = text(fabric(place))
    domain = place.accelerator.link_domain
    if place.accelerator.link and degree <= domain:
        return f"{link} (a domain of {domain})"
    return link


def _pipeline(plan: ServicePlan) -> Iterator[str]:
    stages = plan.configuration.pipeline_parallel
    if stages == 1:
        return
    network = text(plan.service.place.network.title)
    where = "inside a node"
    if plan.configuration.accelerators_per_replica > plan.service.place.per_node:
        where = f"across nodes over {network}"
    yield (
        f"**Pipeline parallelism {stages}** {where}: only one tensor a step passes between stages, "
        f"so it stands where links are slow.{_against(plan, 'pipeline_parallel')}"
    )


def _experts(plan: ServicePlan) -> Iterator[str]:
    chosen = plan.configuration
    if chosen.expert_parallel > 1:
        yield (
            f"**Expert parallelism {chosen.expert_parallel}**: experts are dealt out whole, "
            f"{plan.service.model.experts} of them.{_against(plan, 'expert_parallel')}"
        )
    if chosen.attention_data_parallel > 1:
        yield (
            f"**Attention data parallelism {chosen.attention_data_parallel}**: groups of a stage "
            "attend to sequences of their own, so that the KV cache is not kept twice."
            f"{_against(plan, 'attention_data_parallel')}"
        )


def _disaggregation(plan: ServicePlan) -> Iterator[str]:
    prefill = plan.configuration.prefill
    if prefill:
        yield (
            f"**Disaggregated serving**: {prefill.replicas} replicas of "
            f"{prefill.accelerators_per_replica} compute prompts (tensor parallelism "
            f"{prefill.tensor_parallel}) and hand the KV cache over to those that decode."
        )


def _speculation(plan: ServicePlan) -> Iterator[str]:
    guess = plan.configuration.speculation
    if guess:
        right = amount(guess.accepted, "")
        yield (
            f"**Speculative Decoding** by {text(guess.kind)}: {guess.tokens} guesses a step, "
            f"{right} of them right on average."
        )


def _against(plan: ServicePlan, field: str) -> str:
    lost = text(losers(plan, field))
    return f" Rejected: {lost}." if lost else ""
