"""How a load varies in time, as the planner sees it: stretches with a share of the peak rate."""

from inferc.compiler.model import Load

Stretches = tuple[tuple[float, float], ...]
"""A cycle of (seconds, rate over the rate at the peak)."""


def stretches_of(load: Load) -> Stretches:
    """Return the cycle of a load, bursts included.

    Inside a stretch of a week, bursts reach as far above it as the peak does above the busiest:
    they are shorter than a start. Spikes and the calm between them take turns, each as long as it
    is on average. Where nothing is known the load is at its peak all the time.
    """
    peak = load.peak.value
    if load.profile is not None:
        highest = load.profile.highest
        return tuple((seconds, factor / highest) for seconds, factor in load.profile.stretches)
    spike_s = load.spike_s.value if load.spike_s else 0.0
    share = load.spike_share.value if load.spike_share else 0.0
    if peak <= 1.0 or not spike_s or not share:
        return ((1.0, 1.0),)
    share = min(share, 1.0 / peak)
    calm = max(0.0, (1.0 - share * peak) / (1.0 - share))
    return ((spike_s, 1.0), (spike_s * (1.0 - share) / share, calm / peak))
