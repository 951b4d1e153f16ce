"""The lengths of requests, with the moments that the model needs of them."""

from dataclasses import dataclass

from inferc.compiler.perf.queueing import length_variation


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The lengths of requests, with what follows from them."""

    prompt_tok: float
    prompt_variation: float
    """Variance over squared mean."""
    output_tok: float
    output_variation: float
    pairs_per_tok: float
    """Earlier tokens that a prompt token looks at, on average."""
    context_tok: float
    """Tokens behind a decoding sequence, on average over its life."""
    context_square: float
    """Mean square of the same."""


def demand_of(
    prompt_mean_tok: float,
    prompt_p95_over_mean: float,
    output_mean_tok: float,
    output_p95_over_mean: float,
) -> Demand:
    """Return the demand of requests whose lengths are gamma distributed with these means and tails.

    Prompt tokens look at half of their prompt, long prompts hold more of them: ``E[P^2] / 2 E[P]``.
    A sequence is there as long as its answer: context ``P + E[O^2] / 2 E[O]``, its square from
    ``E[O^3] / 3 E[O]``.

    Source: moments of the gamma distribution; length-biased sampling (Kleinrock 1975, section 5.2).
    Holds for: prompt and answer lengths that do not depend on each other.
    """
    prompt_variation = length_variation(prompt_p95_over_mean)
    output_variation = length_variation(output_p95_over_mean)
    prompt_square = prompt_mean_tok * prompt_mean_tok * (1.0 + prompt_variation)
    output_square = output_mean_tok * output_mean_tok * (1.0 + output_variation)
    output_cube = output_square * output_mean_tok * (1.0 + 2.0 * output_variation)
    return Demand(
        prompt_tok=prompt_mean_tok,
        prompt_variation=prompt_variation,
        output_tok=output_mean_tok,
        output_variation=output_variation,
        pairs_per_tok=prompt_square / prompt_mean_tok / 2.0,
        context_tok=prompt_mean_tok + output_square / output_mean_tok / 2.0,
        context_square=prompt_square
        + prompt_mean_tok * output_square / output_mean_tok
        + output_cube / output_mean_tok / 3.0,
    )
