"""Checks certificates with a calculator of its own; it knows nothing of inferc.

    inferc explain --certificate topology.infer --format json | python recompute.py

Every step is worked out again from the printed numbers, exactly, and so are both sides of every
inequality, its ratio and its verdict. Prints what is wrong, and how much was checked.
"""

import json
import re
import sys
from fractions import Fraction

TOKENS = re.compile(r"\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z_]\w*|[-+*/(),])")
CLOSE = Fraction(1, 10**12)
"""Binary fractions lose so much on the way, and not more."""


class Calculator:
    """Evaluates ``+ - * /``, parentheses, ``min`` and ``max`` over known symbols."""

    def __init__(self, text, known):
        self.tokens = TOKENS.findall(text)
        if "".join(self.tokens) != re.sub(r"\s", "", text):
            raise ValueError(f"{text!r} is not in the grammar")
        self.known = known

    def all(self):
        value = self.sum()
        if self.tokens:
            raise ValueError(f"{self.tokens} left over")
        return value

    def take(self, *wanted):
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else ""

    def sum(self):
        value = self.product()
        while sign := self.take("+", "-"):
            value = value + self.product() if sign == "+" else value - self.product()
        return value

    def product(self):
        value = self.factor()
        while sign := self.take("*", "/"):
            value = value * self.factor() if sign == "*" else value / self.factor()
        return value

    def factor(self):
        first = self.tokens.pop(0)
        if first not in {"(", "min", "max"}:
            return Fraction(first) if first[0].isdigit() else self.known[first]
        if first != "(" and not self.take("("):
            raise ValueError(f"no list behind {first}")
        items = [self.sum()]
        while first != "(" and self.take(","):
            items.append(self.sum())
        if not self.take(")"):
            raise ValueError("not closed")
        return max(items) if first == "max" else min(items)


def same(printed, exact):
    """Return whether a printed number is the exact one, but for the last digits of a float."""
    return abs(Fraction(printed) - exact) <= CLOSE * max(abs(exact), Fraction(1, 10**300))


def wrong_in(bound):
    """Yield what is wrong with one certificate."""
    known = {}
    for step in bound["steps"]:
        symbol, printed = step["symbol"], Fraction(step["value"])
        if symbol in known:
            yield f"{symbol} stands there twice"
        if step["expression"]:
            exact = Calculator(step["expression"], known).all()
            if not same(step["value"], exact):
                yield f"{symbol} is {float(exact)!r}, not {step['value']!r}"
        elif not (step["source"] or step["line"]):
            yield f"{symbol} comes from nowhere"
        known[symbol] = printed
    left, right = (Calculator(side, known).all() for side in bound["formula"].split(" <= "))
    if not (same(bound["need"], left) and same(bound["have"], right)):
        yield f"{float(left)!r} <= {float(right)!r} is not what is printed"
    if right and not same(bound["ratio"], left / right):
        yield f"the ratio is {float(left / right)!r}, not {bound['ratio']!r}"
    if bound["holds"] is not (left <= right) and not same(bound["need"], right):
        yield f"the verdict is wrong: {float(left)!r} <= {float(right)!r}"
    used = re.findall(r"[A-Za-z_]\w*", " ".join([bound["formula"], *_expressions(bound)]))
    for idle in sorted(set(known) - set(used)):
        yield f"{idle} is not used"


def _expressions(bound):
    return [step["expression"] for step in bound["steps"]]


def check(data):
    """Return how many certificates and steps were checked, and what is wrong."""
    bounds = [bound for service in data["services"] for bound in service["bounds"]]
    wrong = [f"{bound['code']}: {text}" for bound in bounds for text in wrong_in(bound)]
    return len(bounds), sum(len(bound["steps"]) for bound in bounds), wrong


def main():
    bounds, steps, wrong = check(json.load(sys.stdin))
    told = [*wrong, f"{bounds} certificates, {steps} steps, {len(wrong)} mistakes", ""]
    sys.stdout.write("\n".join(told))
    return 1 if wrong or not bounds else 0


if __name__ == "__main__":
    sys.exit(main())
