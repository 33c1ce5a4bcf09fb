"""How losses grow with costs: k^(2/3) for proportional ones, F^(1/2) for fixed ones, as the dates are refined.

Whalley, Wilmott (1997), Mathematical Finance 7:307, doi 10.1111/1467-9965.00034, for proportional costs; Altarovici,
Muhle-Karbe, Soner (2015), Finance and Stochastics 19:363, doi 10.1007/s00780-015-0261-3, for fixed ones. Both hold in
the limit of continuous monitoring: the certainty equivalent without costs is subtracted, the first trade and the
liquidation are free, and the exponents are seen to fall towards the limit from above.
"""

import itertools
import math

from hedgerow.policy.programmes import HedgingProblem, Payoff, solve_cara


def loss(steps: int, proportional: float, fixed: float) -> float:
    """Return the certainty equivalent of a sold call at the money, g = 1."""
    sold = Payoff(kind="call", quantity=-1.0, strike=100.0, step=steps)
    problem = HedgingProblem(
        spot=100.0, vol=0.2, years=0.25, steps=steps, payoffs=(sold,), proportional_cost=proportional,
        fixed_cost=fixed, charge_first_trade=False, charge_liquidation=False,
    )  # fmt: skip
    return solve_cara(problem, 1.0).value


def exponents(steps: int) -> tuple[float, float]:
    """Return both exponents, between a cost and a larger one."""
    free = loss(steps, 0.0, 0.0)
    small, large = (loss(steps, k, 0.0) - free for k in (0.001, 0.004))
    cheap, dear = (loss(steps, 0.0, fixed) - free for fixed in (0.002, 0.008))
    return math.log(large / small) / math.log(4.0), math.log(dear / cheap) / math.log(4.0)


def rows(*, full: bool) -> list[dict[str, object]]:
    """Compare exponents at growing numbers of dates with their limits."""
    counts = (62, 250, 1000) if full else (31, 124)
    seen = [exponents(steps) for steps in counts]
    found: list[dict[str, object]] = []
    for name, place, limit in (("exponent of k", 0, 2.0 / 3.0), ("exponent of F", 1, 0.5)):
        for steps, pair in zip(counts, seen, strict=True):
            room = 2.5 / math.sqrt(steps)
            found.append({"figure": f"{name}, {steps} dates", "value": limit, "seen": pair[place], "within": room})
        falls = all(after[place] < before[place] for before, after in itertools.pairwise(seen))
        found.append({"figure": f"{name} falls", "value": 1.0, "seen": float(falls), "within": 0.0})
    return found
