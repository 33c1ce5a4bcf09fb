"""Skip-ahead equals the loop: the fast path decides, trades and ends like the one that looks at every row.

Neither driver is the oracle of the other: the loop hands every row to the engine and has no fast path to be wrong in.
"""

import functools
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow import examples
from hedgerow.backtesting import Session, run_loop, run_skip_ahead
from hedgerow.engine import EngineState
from hedgerow.events import Decision, FundingPayment, Liquidation, Record
from hedgerow.ledger import Ledger
from hedgerow.policy import Answer, DeltaTolerance, PolicyState, View, Wait, Wake
from hedgerow.venues import Bankruptcy, Execution, Funding, MarginSample
from seam_worlds import NO_FAULTS, WATCHED, Driver, World, filled, worlds
from studies import SIX_HOURS, changed, load, policies, study_text

EXAMPLE = Path(examples.__file__).parent / "lp-2023-08-13"

Outcome: TypeAlias = tuple[
    str,
    int,
    EngineState,
    list[tuple[int, int, Execution]],
    list[FundingPayment],
    list[Liquidation],
    list[MarginSample],
    list[Bankruptcy],
    Ledger,
    list[str],
]


def outcome(session: Session) -> Outcome:
    venue = session.venue
    return (
        session.decisions_hash,
        session.decisions,
        session.state,
        venue.executions,
        venue.payments,
        venue.liquidations,
        venue.margins,
        venue.bankruptcies,
        venue.books,
        session.alerts,
    )


def both(world: World, chunk_rows: int = 1000) -> tuple[Session, Session]:
    """Run the two drivers up to the last row, without the end of the study."""
    found = []
    for driver in (run_loop, run_skip_ahead):
        session, tape = world.open(chunk_rows=chunk_rows)
        driver(session, tape)
        found.append(session)
    return found[0], found[1]


@given(worlds(longest=60))
def test_skip_ahead_equals_the_loop(world: World) -> None:
    loop, skip = both(world)
    assert outcome(skip) == outcome(loop)
    assert skip.state.seq >= world.rows.known_ns.size
    for session in (loop, skip):
        session.finish(world.end_ns)
    assert outcome(skip) == outcome(loop)


LEVERED = worlds(
    policies=st.sampled_from([0.02, 1.0]).map(lambda width: DeltaTolerance(tolerance=width)),
    names=("ETH_USDC-PERPETUAL", "ETH-PERPETUAL"),
    longest=60,
    margins=WATCHED,
)


def poor(world: World) -> World:
    """Eleven coins wanted on money that barely carries them: many of these worlds refuse orders.

    What is liquidated is the same in both drivers in ``test_margined`` of the backtests.
    """
    money = {"USDC": Decimal(20_000), "ETH": Decimal(10)}
    deposits = tuple(msgspec.structs.replace(item, amount=money[item.currency]) for item in world.settings.deposits)
    wanted = msgspec.structs.replace(world.settings, deposits=deposits, wanted_delta=10.9, rows=())
    return replace(world, settings=wanted)


@given(LEVERED)
def test_skip_ahead_equals_the_loop_where_margin_is_short(world: World) -> None:
    loop, skip = both(poor(world))
    assert outcome(skip) == outcome(loop)
    for session in (loop, skip):
        session.finish(world.end_ns)
    assert outcome(skip) == outcome(loop)


@given(worlds(longest=30), st.sampled_from([1, 7]), st.sampled_from([run_loop, run_skip_ahead]))
def test_where_chunks_are_cut_does_not_matter(world: World, size: int, driver: Driver) -> None:
    assert outcome(world.run(driver, chunk_rows=size)) == outcome(world.run(driver, chunk_rows=1000))


class Listener(msgspec.Struct, frozen=True):
    """Never trades; asks to be woken so many blocks later."""

    blocks: int

    def init(self) -> PolicyState:
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        return state, Wait("listening", Wake(at_block=view.block + self.blocks))


@given(worlds(policies=st.integers(1, 40).map(Listener), faults=NO_FAULTS), st.sampled_from([1, 7, 1000]))
def test_a_block_wakes_at_its_first_row_and_nothing_else_does(world: World, size: int) -> None:
    """The oracle walks the columns: the rows at which the policy must be asked."""
    policy, rows = world.settings.policy, world.rows
    assert isinstance(policy, Listener)
    patient = msgspec.structs.replace(world.settings, max_quote_age_ns=10**18, refit_every_ns=0)
    calm = replace(world, settings=patient, funding=Funding())
    expected: list[int] = []
    highest, goal = 0, None
    for row in range(rows.known_ns.size):
        highest = max(highest, int(rows.block[row]))
        is_first = goal is None and rows.source[row] == 0
        if is_first or (goal is not None and highest >= goal):
            expected.append(row + 1)
            goal = highest + policy.blocks
    for driver in (run_loop, run_skip_ahead):
        written: list[Record] = []
        session, tape = calm.open(chunk_rows=size, write=written.append)
        driver(session, tape)
        assert [record.seq for record in written if isinstance(record, Decision)] == expected


def _spoiled(world: World, how: str, place: int) -> World:
    """Make one row say what the engine refuses."""
    rows = world.rows
    pools = np.flatnonzero(rows.source == 2)
    others = np.flatnonzero(rows.source == 1)
    a = rows.a.copy()
    if how == "crossed":
        a[others[place % others.size]] *= 1.5
    else:
        a[pools[place % pools.size]] *= -1.0
    return replace(world, rows=filled(rows, a=a))


@given(worlds(longest=40), st.sampled_from(["crossed", "negative"]), st.integers(0, 10**6))
def test_rows_that_cannot_be_true_do_not_part_the_drivers(world: World, how: str, place: int) -> None:
    loop, skip = both(_spoiled(world, how, place))
    assert outcome(skip) == outcome(loop)
    assert loop.state.refused == 1


EVERY_KIND = (
    'kind = "every_block"',
    'kind = "price_move"\nmove = 0.002',
    'kind = "leland"\nevery_s = 1800.0',
    'kind = "whalley_wilmott"\nrisk_aversion = 0.01\nlook_every_s = 90.0',
    'kind = "zakamouline"\nrisk_aversion = 0.01',
    'kind = "gas_aware"\nrisk_aversion = 0.01\nfixed_cost = 1.0\nmultiple = 0.9',
    'kind = "quadratic_impact"\nrisk_aversion = 0.01\nimpact_cost = 1e-4\nlook_every_s = 600.0',
    'kind = "exact"\nrisk_aversion = 0.01\nsteps = 60',
    'kind = "unhedged"',
)
OPTION = '[[option]]\ninstrument = "ETH-25AUG23-1900-C"\nquantity = -40.0\nvol = 0.4\n'
REFIT = "[refit]\nevery_s = 2400.0\n[hedge]"


@pytest.mark.parametrize(("name", "numeraire"), [("study.toml", "USD"), ("study.toml", "ETH"), ("onchain.toml", "ETH")])
def test_every_kind_of_policy_decides_the_same_in_both_drivers(tmp_path: Path, name: str, numeraire: str) -> None:
    two_hours = (SIX_HOURS[0], (SIX_HOURS[1][0], "end = 2023-08-15T02:00:00Z"))
    edits = (*two_hours, ("[hedge]", OPTION + REFIT), ('numeraire = "USD"', f'numeraire = "{numeraire}"'))
    text = study_text(name).replace("start = 2023-08-14T00:00:00Z", "start = 2023-08-13T00:00:00Z")
    text = changed(text.replace("USDC = 70_000.0", "USDC = 400_000.0"), *edits)
    kinds: tuple[str, ...] = EVERY_KIND
    if numeraire == "ETH":  # an aversion per coin, costs in coins, impact per dollar; cash is what has a delta
        text = text.replace("delta = 60.0", "delta = -150.0")
        scaled = (("= 0.01", "= 20.0"), ("_cost = 1.0", "_cost = 0.0005"), ("_cost = 1e-4", "_cost = 1e-14"))
        kinds = tuple(functools.reduce(lambda kind, edit: kind.replace(*edit), scaled, kind) for kind in kinds)
    study = load(tmp_path, policies(text, *kinds))
    skip, loop = hr.backtest(study), hr.backtest(study, every_event=True)
    for one, other in zip(skip.policies, loop.policies, strict=True):
        assert one.decisions_hash == other.decisions_hash
        assert (one.orders > 0) is (one.kind != "unhedged")
        assert one.to_dict() == other.to_dict()


@pytest.mark.parametrize("name", ["study.toml", "onchain.toml"])
def test_on_recorded_minutes_both_drivers_report_the_same(name: str) -> None:
    study = hr.load_study(EXAMPLE / name)
    skip, loop = hr.backtest(study), hr.backtest(study, every_event=True)
    assert (skip.driver, loop.driver) == ("skip-ahead", "event loop")
    assert len(skip.policies) == len(study.policy)
    for one, other in zip(skip.policies, loop.policies, strict=True):
        assert one.decisions_hash == other.decisions_hash
        assert one.decisions > 0
        assert one.to_dict() == other.to_dict()
        assert np.array_equal(one.path, other.path)
