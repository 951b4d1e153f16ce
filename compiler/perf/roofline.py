"""The time of one operator on one accelerator.

Source: Williams, Waterman, Patterson, Roofline (2009).
"""


def operator_s(flop: float, moved_bytes: float, flop_per_s: float, bytes_per_s: float) -> float:
    """Return the time of an operator: the slower of computing and moving bytes.

    ``flop_per_s`` and ``bytes_per_s`` are what the operator reaches, peak times efficiency.

    Source: Williams, Waterman, Patterson, Roofline (2009). Holds for: kernels that overlap the two.
    """
    return max(flop / flop_per_s, moved_bytes / bytes_per_s)
