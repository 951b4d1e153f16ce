"""Waiting, its percentiles, and how many requests are there at once: closed forms.

Source: Kleinrock, Queueing Systems I (1975); Kingman (1961); Kingman, Poisson Processes (1993).
"""

from functools import lru_cache
from math import erfc, exp, inf, log, sqrt


@lru_cache(maxsize=64)
def normal_quantile(probability: float) -> float:
    """Return ``z`` with ``P(N(0,1) <= z) = probability``, by bisection on ``erfc``."""
    low, high = -9.0, 9.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if 0.5 * erfc(-middle / sqrt(2.0)) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


@lru_cache(maxsize=256)
def length_variation(p95_over_mean: float) -> float:
    """Return variance over squared mean of lengths whose p95 is so many times their mean.

    They are taken as gamma distributed. By Wilson and Hilferty ``p95/mean = (1 - u^2 + z u)^3``
    with ``u^2 = variance / (9 mean^2)`` and ``z = 1.645``; the smaller root. A ratio above the
    largest that a gamma distribution has (about 4.7) is read as that.

    Source: Wilson and Hilferty, The distribution of chi-square (1931). A lognormal with the same
    tail would have twice the variance of lengths in the Azure (2023) and Mooncake (2025) traces.
    """
    z = normal_quantile(0.95)
    excess = max(1.0, p95_over_mean) ** (1.0 / 3.0) - 1.0
    root = (z - sqrt(max(0.0, z * z - 4.0 * excess))) / 2.0
    return 9.0 * root * root


def gamma_quantile(mean: float, variation: float, probability: float) -> float:
    """Return a percentile of the gamma distribution with that mean and squared variation.

    ``q = mean (1 - u^2 + z u)^3`` with ``u^2 = variation / 9``.

    Source: Wilson and Hilferty (1931). Holds for: variations up to about 3.
    """
    root = sqrt(variation) / 3.0
    base = 1.0 - root * root + normal_quantile(probability) * root
    return mean * max(0.0, base) ** 3


def length_quantile(mean: float, p95_over_mean: float, probability: float) -> float:
    """Return a percentile of lengths with that mean and tail."""
    return gamma_quantile(mean, length_variation(p95_over_mean), probability)


def mean_wait_s(rate_per_s: float, service_s: float, variation: float) -> float:
    """Return the mean wait before service of a single server with Poisson arrivals.

    ``W = rho s (1 + c^2) / (2 (1 - rho))``, infinite from ``rho = 1`` on.

    Source: Pollaczek-Khinchine (Kleinrock 1975, section 5.6). Holds for: M/G/1, first come first
    served. Bursts inside the peak stretch are not in it.
    """
    load = rate_per_s * service_s
    if load >= 1.0:
        return inf
    return load * service_s * (1.0 + variation) / (2.0 * (1.0 - load))


def wait_variance(load: float, mean_s: float) -> float:
    """Return the variance of a wait that is zero with ``1 - load`` and else exponential.

    ``E[W] = load m`` gives ``m``; ``E[W^2] = 2 load m^2``.

    Source: Kingman (1961), the exponential tail of a wait in heavy traffic.
    """
    if load <= 0.0:
        return 0.0
    busy_mean_s = mean_s / load
    return (2.0 * load - load * load) * busy_mean_s * busy_mean_s


def percentile_s(mean_s: float, variance: float, probability: float) -> float:
    """Return a percentile of the lognormal distribution with that mean and variance.

    ``q = m exp(z s - s^2/2)`` with ``s^2 = ln(1 + variance / m^2)``: exact where the length of a
    prompt decides, a few per cent low for an exponential wait.

    Source: two-moment fit (Whitt, Approximating a point process by a renewal process, 1982).
    """
    if mean_s == inf or mean_s <= 0.0 or variance <= 0.0:
        return mean_s
    square = log(1.0 + variance / (mean_s * mean_s))
    return mean_s * exp(normal_quantile(probability) * sqrt(square) - square / 2.0)


def at_most(mean: float, variance: float, probability: float) -> float:
    """Return the number present that is not passed with ``probability``.

    Requests that are served at once are Poisson in number, and sums over them have the mean and
    variance of Campbell's theorem; taken as normal.

    Source: Kingman, Poisson Processes (1993), sections 2 and 3; M/G/infinity.
    """
    return mean + normal_quantile(probability) * sqrt(max(0.0, variance))
