"""What a plan costs at a load that varies, and from which load on it is the cheapest way."""

from inferc.compiler.cost.curve import Curve, Paid
from inferc.compiler.cost.unit_costs import (
    blended_usd_per_tok,
    cost_per_item,
    price_per_request,
    split_by_time,
)
from inferc.compiler.cost.values import Expense, Option, ServiceCost

__all__ = [
    "Curve",
    "Expense",
    "Option",
    "Paid",
    "ServiceCost",
    "blended_usd_per_tok",
    "cost_per_item",
    "price_per_request",
    "split_by_time",
]
