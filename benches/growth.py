"""How the work grows: revaluing a book by its positions, and planning a hedge by its instruments.

    python benches/growth.py

In one process, kernels warm; the minimum of several runs.
"""

import time
from collections.abc import Callable

import numpy as np

import hedgerow as hr
from hedgerow.book import ContractPosition, Marking, assemble, rows_of, value_book
from hedgerow.costs import proportional
from hedgerow.hedging import HedgeProblem, plan_hedge, solve
from hedgerow.instruments import parse_deribit
from hedgerow.pricing import mark_vols


def fastest(work: Callable[[], object], runs: int = 7) -> float:
    """Return the shortest of several runs, in seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def books() -> None:
    """Revalue books of real options, each row with value and four Greeks."""
    market = hr.load_snapshot(hr.example("eth-2024-01-08"))
    marking = Marking(snapshot=market, vols=mark_vols(market).as_dict())
    names = list(marking.vols)
    print("positions   compile ms   revalue ms   ns per position")
    for size in (100, 1_000, 10_000, 100_000):
        positions = [
            ContractPosition(instrument=parse_deribit(names[i % len(names)]), quantity=1.0) for i in range(size)
        ]
        start = time.perf_counter()
        rows = [row for i, position in enumerate(positions) for row in rows_of(position, marking, i)]
        book = assemble(rows, base=market.base, spot=market.index_price, n_group=size)
        compiled = time.perf_counter() - start
        value_book(book, numeraire="USD")
        best = fastest(lambda book=book: value_book(book, numeraire="USD"))  # type: ignore[misc]
        print(f"{size:9,d} {1e3 * compiled:12.1f} {1e3 * best:12.3f} {1e9 * best / size:17.0f}")


def problem(n: int, seed: int) -> HedgeProblem:
    """Make a hedge problem of n instruments, three bands and eight factors."""
    from hedgerow.hedging import GreekBand

    rng = np.random.default_rng(seed)
    root = rng.normal(size=(8, 8))
    greeks = rng.normal(size=(3, n))
    return HedgeProblem(
        names=tuple(f"instrument {i}" for i in range(n)),
        book_loads=100.0 * rng.normal(size=8),
        unit_loads=rng.normal(size=(8, n)),
        covariance=root @ root.T / 8.0,
        risk_aversion=0.01,
        curves=tuple(proportional(float(cost)) for cost in 0.1 * rng.random(n)),
        bands=tuple(GreekBand(name=f"greek {j}", lower=0.0, upper=0.0) for j in range(3)),
        book_greeks=greeks @ (10.0 * rng.normal(size=n)),
        unit_greeks=greeks,
        trade_lower=np.full(n, -200.0),
        trade_upper=np.full(n, 200.0),
        lot=np.full(n, 0.1),
    )


def hedges() -> None:
    """Solve, certify and round."""
    print("instruments   solve ms   with lots ms")
    for n in (2, 5, 10, 20, 50, 100):
        given = problem(n, n)
        plan_hedge(given)
        print(f"{n:11d} {1e3 * fastest(lambda: solve(given)):10.2f} {1e3 * fastest(lambda: plan_hedge(given)):14.2f}")  # noqa: B023


if __name__ == "__main__":
    books()
    hedges()
