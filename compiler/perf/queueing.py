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
def lognormal_sigma(p95_over_mean: float) -> float:
    """Return the shape of the lognormal whose 95th percentile is so many times its mean.

    ``ln(p95/mean) = z s - s^2/2`` with ``z = 1.645``; the smaller root. The ratio cannot pass
    ``exp(z^2/2) = 3.87``; a larger one is read as that.

    Source: definition of the lognormal distribution.
    """
    z = normal_quantile(0.95)
    spread = log(max(1.0, p95_over_mean))
    return z - sqrt(max(0.0, z * z - 2.0 * spread))


@lru_cache(maxsize=256)
def squared_variation(p95_over_mean: float) -> float:
    """Return variance over squared mean of the lognormal with that tail: ``exp(s^2) - 1``."""
    return exp(lognormal_sigma(p95_over_mean) ** 2) - 1.0


def lognormal_quantile(mean: float, p95_over_mean: float, probability: float) -> float:
    """Return a percentile of the lognormal with that mean and tail."""
    sigma = lognormal_sigma(p95_over_mean)
    return mean * exp(normal_quantile(probability) * sigma - sigma * sigma / 2.0)


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
    """Return a percentile of the gamma distribution with that mean and variance.

    ``q = m (1 - 1/(9k) + z / (3 sqrt(k)))^3`` with ``k = m^2 / variance``.

    Source: Wilson and Hilferty, The distribution of chi-square (1931). Holds for: ``k`` above 0.3.
    """
    if mean_s == inf or mean_s <= 0.0 or variance <= 0.0:
        return mean_s
    shape = mean_s * mean_s / variance
    root = 1.0 - 1.0 / (9.0 * shape) + normal_quantile(probability) / (3.0 * sqrt(shape))
    return mean_s * max(0.0, root) ** 3


def at_most(mean: float, variance: float, probability: float) -> float:
    """Return the number present that is not passed with ``probability``.

    Requests that are served at once are Poisson in number, and sums over them have the mean and
    variance of Campbell's theorem; taken as normal.

    Source: Kingman, Poisson Processes (1993), sections 2 and 3; M/G/infinity.
    """
    return mean + normal_quantile(probability) * sqrt(max(0.0, variance))
