"""How long a full revaluation takes: 10,000 options in 1,000 scenarios, by how many share an expiry.

    python benches/scenarios.py

In one process, kernels warm; the minimum of several runs.
"""

import time

import numpy as np

from hedgerow.book import (
    CompiledBook,
    Row,
    assemble,
    kernels,
    make_scenarios,
    scenario_pnl,
    scenario_pnl_by_group,
    value_book,
)
from hedgerow.core.ids import Currency

OPTIONS, SCENARIOS, SPOT = 10_000, 1_000, 2_000.0
YEAR_NS = 365 * 86_400 * 10**9


def book_of(expiries: int) -> CompiledBook:
    """A seeded book of coin-settled options over a year of expiries, a hundred positions."""
    rng = np.random.default_rng(1)
    rows = []
    for i in range(OPTIONS):
        years = (1.0 + i % expiries) / expiries
        terms = {"strike": SPOT * rng.uniform(0.6, 1.6), "vol": rng.uniform(0.3, 1.2), "sign": 1.0 - 2.0 * (i % 2)}
        rows.append(
            Row(
                kernels.INVERSE_OPTION,
                i % 100,
                "option",
                int(years * YEAR_NS),
                rng.normal(),
                expiry_years=years,
                **terms,
            )
        )
    return assemble(rows, base=Currency("ETH"), spot=SPOT, n_group=100)


def main() -> None:
    """Print times, and the difference from one valuation of each scenario."""
    rng = np.random.default_rng(2)
    moves = make_scenarios(
        spot=np.exp(rng.normal(0.0, 0.1, SCENARIOS)), vol=rng.normal(0.0, 0.05, SCENARIOS), vol_term_exponent=0.0
    )
    print("expiries   seconds   ns per option and scenario   by position   largest difference")
    for expiries in (1, 12, 100, 10_000):
        book = book_of(expiries)
        times = []
        for work in (scenario_pnl, scenario_pnl_by_group):
            runs = []
            for _ in range(4):
                start = time.perf_counter()
                found = work(book, moves, numeraire="USD")
                runs.append(time.perf_counter() - start)
            times.append(min(runs))
        now, some = value_book(book, numeraire="USD")[0], range(0, SCENARIOS, 100)
        worst = 0.0
        for k in some:
            there = value_book(book, numeraire="USD", spot=SPOT * moves.spot[k], vol_shift=moves.vol[k])[0]
            worst = max(worst, abs(found[k].sum() - (there.sum() - now.sum())) / np.abs(there).sum())
        each = [1e9 * taken / (OPTIONS * SCENARIOS) for taken in times]
        print(f"{expiries:8,d} {times[0]:9.3f} {each[0]:28.1f} {each[1]:13.1f} {worst:20.1e}")


if __name__ == "__main__":
    main()
