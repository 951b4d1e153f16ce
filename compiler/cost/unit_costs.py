"""From a cost in time to the cost of a token, a request, an item."""

from math import inf


def cost_per_item(usd_per_s: float, items_per_s: float) -> float:
    """Return the dollars that one item, request or token costs.

    What is paid in a second over what is done in it; without end where nothing is done.

    Source: definition. Holds for: means over the same time.
    """
    return usd_per_s / items_per_s if items_per_s > 0.0 else inf if usd_per_s > 0.0 else 0.0


def blended_usd_per_tok(usd_per_request: float, prompt_tok: float, output_tok: float) -> float:
    """Return the dollars of a token, whether it is one of a prompt or of an answer.

    Source: definition. Holds for: the mix of the load, which the same words at another mix change.
    """
    return cost_per_item(usd_per_request, prompt_tok + output_tok)


def split_by_time(
    usd_per_request: float, prompt_tok: float, output_tok: float, input_share: float
) -> tuple[float, float]:
    """Return the dollars of a token of a prompt and of one of an answer.

    A request's cost is shared out by the time that its prompt and its answer take of a replica, so
    ``prompt * input + output * output`` is the cost of the request again.

    Source: definition. Holds for: any share from 0 to 1.
    """
    return (
        cost_per_item(usd_per_request * input_share, prompt_tok),
        cost_per_item(usd_per_request * (1.0 - input_share), output_tok),
    )


def price_per_request(
    usd_per_input_tok: float,
    usd_per_output_tok: float,
    prompt_tok: float,
    output_tok: float,
) -> float:
    """Return the dollars that a provider asks for one request.

    Source: definition. Holds for: list prices, prompts that hit no cache.
    """
    return usd_per_input_tok * prompt_tok + usd_per_output_tok * output_tok
