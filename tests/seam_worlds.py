"""Generated worlds for the laws of the seams: a market that never was, something to hedge in it, a venue that errs.

A world is data. ``World.open`` makes a fresh session and tape of it, so that the same world can be run twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast

import msgspec
import numpy as np
from hypothesis import strategies as st

from hedgerow.backtesting.session import Session
from hedgerow.book import Row, kernels
from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.costs import Fee
from hedgerow.engine import Deposit, Engine, EngineSettings, opening_ledger
from hedgerow.events import FitDone, Record, RequestFit
from hedgerow.execution import DeskRules
from hedgerow.instruments import Instrument, Spot, is_inverse, parse_deribit
from hedgerow.margin import FractionMargin
from hedgerow.policy import (
    NEXT_QUOTE,
    Answer,
    AnyPolicy,
    DeltaTolerance,
    EveryBlock,
    ExactBand,
    GasAware,
    Leland,
    Policy,
    PolicyState,
    PriceMove,
    QuadraticImpact,
    TimeGrid,
    Trade,
    Unhedged,
    View,
    Wait,
    Wake,
    WhalleyWilmott,
    Zakamouline,
)
from hedgerow.policy.programmes import HedgingProblem, Payoff
from hedgerow.venues import (
    Chunk,
    Delays,
    Faults,
    Funding,
    Index,
    Listing,
    MarginTerms,
    PoolMarket,
    QuotedMarket,
    SimulatedExchange,
    SimulatedMarket,
    Source,
    Tape,
)

SECOND: Final = 10**9
MS: Final = 10**6
START: Final = 1_692_000_000 * SECOND
BLOCK: Final = 12 * SECOND
DAY: Final = 86_400 * SECOND
BASE: Final = Currency("ETH")
ACCOUNT: Final = AccountName("venue")
USDC_RATE: Final = 0.9973  # away from one, so that a forgotten rate shows
FEE: Final = Decimal("0.0005")
GAS_UNITS: Final = 107_000

Driver: TypeAlias = Callable[[Session, Tape], None]


class EveryBlocks(msgspec.Struct, frozen=True):
    """Go to neutral every so many blocks; nothing but a block wakes it."""

    blocks: int

    def init(self) -> PolicyState:
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        if view.block >= state.next_ns:  # the memory has one number: here it counts blocks
            state = PolicyState(next_ns=view.block + self.blocks, goal_lots=view.plan.target_lots)
        if state.goal_lots is not None and view.expected_lots != state.goal_lots:
            return state, Trade(state.goal_lots, "the goal of this block")
        return state, Wait("until a block", Wake(at_block=state.next_ns))


class Awake(msgspec.Struct, frozen=True):
    """A tolerance that is looked at on every quote."""

    tolerance: float

    def init(self) -> PolicyState:
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        if abs(view.plan.residual) > self.tolerance and view.expected_lots != view.plan.target_lots:
            return state, Trade(view.plan.target_lots, "beyond")
        return state, Wait("looking", NEXT_QUOTE)


class AnyCause(msgspec.Struct, frozen=True):
    """A tolerance that is woken by price, time and block, whichever comes first."""

    tolerance: float
    blocks: int
    ns: int

    def init(self) -> PolicyState:
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        if abs(view.plan.residual) > self.tolerance and view.expected_lots != view.plan.target_lots:
            return state, Trade(view.plan.target_lots, "beyond")
        quiet = view.quiet(-self.tolerance, self.tolerance)
        at = min(quiet.at_ns, view.now_ns + self.ns)
        return state, Wait("quiet", msgspec.structs.replace(quiet, at_ns=at, at_block=view.block + self.blocks))


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that a run depends on."""

    settings: EngineSettings
    sources: tuple[Source, ...]
    rows: Chunk
    delays: Delays
    faults: Faults
    funding: Funding
    in_pool: bool
    displayed_lots: int
    fit_takes_ns: int
    seed: int
    margin: MarginTerms | None = None

    @property
    def end_ns(self) -> int:
        return int(self.rows.known_ns[-1])

    def chunks(self, size: int) -> list[Chunk]:
        return cut(self.rows, size)

    def open(self, *, chunk_rows: int = 1000, write: Callable[[Record], object] | None = None) -> tuple[Session, Tape]:
        engine, tape = Engine(self.settings), Tape(self.sources, self.chunks(chunk_rows))
        listing = Listing(
            instrument=self.settings.instrument,
            lot=self.settings.lot,
            market=self._market(tape),
            funding=self.funding,
        )
        venue = SimulatedExchange(
            listings=(listing,),
            books=opening_ledger(engine.settings),
            delays=self.delays,
            seed=self.seed,
            faults=self.faults,
            accounts={} if self.margin is None else {ACCOUNT: self.margin},
            index=None if self.margin is None else Index(tape=tape, source=0, usd_rate=USDC_RATE),
            usd_rates=self.settings.usd_rates,
        )
        return Session(engine, venue, write, self._fit), tape

    def run(
        self, driver: Driver, *, chunk_rows: int = 1000, write: Callable[[Record], object] | None = None
    ) -> Session:
        session, tape = self.open(chunk_rows=chunk_rows, write=write)
        driver(session, tape)
        session.finish(self.end_ns)
        return session

    def _fit(self, request: RequestFit, now_ns: int) -> FitDone:
        """Any vol will do, if it depends on nothing but the request."""
        done = now_ns + self.fit_takes_ns
        return FitDone(done, done, request.name, request.input_seq, {"vol": 0.3 + request.input_seq % 7 / 10})

    def _market(self, tape: Tape) -> SimulatedMarket:
        settings = self.settings
        if self.in_pool:
            return PoolMarket(
                tape=tape,
                source=2,
                gas_source=3,
                pool_fee=0.0005,
                lot=settings.lot,
                block_ns=BLOCK,
                gas_units=GAS_UNITS,
                max_age_ns=settings.max_quote_age_ns,
            )
        return QuotedMarket(
            tape=tape,
            source=0,
            instrument=settings.instrument,
            lot=settings.lot,
            fee=Fee(rate=FEE),
            displayed_lots=self.displayed_lots,
            max_age_ns=settings.max_quote_age_ns,
        )


def with_policy(world: World, policy: Policy) -> World:
    """Settings name only the policies that a study can; here any policy goes."""
    settings = msgspec.structs.replace(world.settings, policy=cast("AnyPolicy", policy))
    return replace(world, settings=settings)


def cut(rows: Chunk, size: int) -> list[Chunk]:
    columns = ("known_ns", "at_ns", "source", "a", "b", "block")
    return [
        Chunk(**{name: getattr(rows, name)[start : start + size] for name in columns})
        for start in range(0, rows.known_ns.size, size)
    ]


def filled(chunk: Chunk, **columns: Any) -> Chunk:
    """Replace columns of a chunk; what it has computed of the old ones is forgotten."""
    names = ("known_ns", "at_ns", "source", "a", "b", "block")
    return Chunk(**{name: columns.get(name, getattr(chunk, name)) for name in names})


# Streams -------------------------------------------------------------------------------------------------------------


def _times(rng: np.random.Generator, n: int) -> Int64[np.ndarray, " n"]:
    """Instants that never fall: bursts, ties, seconds, minutes."""
    steps = rng.choice([0, 1, MS, SECOND, 12 * SECOND, 60 * SECOND], size=n, p=[0.1, 0.05, 0.15, 0.35, 0.25, 0.1])
    return (START + np.cumsum(steps)).astype(np.int64)


def _walk(rng: np.random.Generator, at_ns: Int64[np.ndarray, " n"], jumpy: float) -> Float64[np.ndarray, " n"]:
    moves = rng.normal(0.0, 0.0008, at_ns.size)
    jumps = rng.normal(0.0, 0.03, at_ns.size) * (rng.random(at_ns.size) < jumpy)
    return 2_000.0 * np.exp(np.cumsum(moves + jumps))


def make_rows(seed: int, n: int, *, jumpy: float, latency_ns: int, jitter_ns: int) -> Chunk:
    """Merge four sources in the order in which they are known: our quotes, other quotes, a pool, gas."""
    rng = np.random.default_rng([seed, 1])
    parts = []
    for source, share in enumerate((1.0, 0.4, 0.6, 0.2)):
        size = max(1, int(share * n))
        at = _times(rng, size)
        price = _walk(rng, at, jumpy)
        half = 1e-4 * rng.integers(0, 3)
        a, b = price * (1.0 - half), price * (1.0 + half)
        block = np.zeros(size, dtype=np.int64)
        if source == 2:
            b, block = rng.uniform(2e4, 1e6, size), (at - START) // BLOCK + 1_000
        if source == 3:
            a, b = rng.uniform(1.0, 200.0, size), np.zeros(size)
        known = at + latency_ns
        if jitter_ns:
            known = np.maximum.accumulate(known + rng.exponential(jitter_ns, size).astype(np.int64))
        parts.append((known, at, np.full(size, source), a, b, block))
    known, at, number, a, b, block = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((number, at, known))
    return Chunk(
        known_ns=known[order], at_ns=at[order], source=number[order], a=a[order], b=b[order], block=block[order]
    )


# Books ---------------------------------------------------------------------------------------------------------------


def _option(quantity: float, strike: float, vol: float, sign: float, days: int, ratio: float, linear: bool) -> Row:
    kind = kernels.LINEAR_OPTION if linear else kernels.INVERSE_OPTION
    expiry = START + days * DAY
    return Row(
        kind,
        0,
        "option",
        expiry,
        quantity,
        ratio=ratio,
        strike=strike,
        expiry_years=days / 365,
        vol=vol,
        sign=sign,
    )


def _range(liquidity: float, lower: float, width: float) -> Row:
    return Row(kernels.RANGE, 0, "range", None, liquidity, lower=lower, upper=lower * (1.0 + width))


def _future(quantity: float, entry: float, ratio: float, linear: bool) -> Row:
    kind = kernels.LINEAR_FUTURE if linear else kernels.INVERSE_FUTURE
    size = quantity if linear else quantity * 2_000.0
    return Row(kind, 0, "future", None, size, ratio=ratio, entry=entry)


RATIOS = st.sampled_from([1.0, 0.98, 1.013])
SIZES = st.floats(-15.0, 15.0)
OPTIONS = st.builds(
    _option,
    SIZES,
    st.floats(1_500.0, 2_500.0),
    st.floats(0.2, 1.5),
    st.sampled_from([1.0, -1.0]),
    st.integers(1, 60),
    RATIOS,
    st.booleans(),
)
RANGES = st.builds(_range, st.floats(100.0, 20_000.0), st.floats(1_500.0, 2_200.0), st.floats(0.01, 0.5))
FUTURES = st.builds(_future, SIZES, st.floats(1_500.0, 2_500.0), RATIOS, st.booleans())
COINS = st.builds(lambda size: Row(kernels.COIN, 0, "coin", None, size), SIZES)
CASH = st.builds(lambda size: Row(kernels.CASH, 0, "cash", None, size), st.floats(-1e5, 1e5))
ROWS = st.lists(OPTIONS | RANGES | FUTURES | COINS | CASH, min_size=1, max_size=4).map(tuple)

# Policies, venues, worlds --------------------------------------------------------------------------------------------

TOLERANCES = st.floats(0.02, 5.0)
AVERSIONS = st.sampled_from([1e-4, 1e-2, 1.0])
LOOKS = st.sampled_from([5.0, 60.0])
EXACT: Final = ExactBand(
    problem=HedgingProblem(
        spot=2_000.0,
        vol=0.6,
        years=1e-4,
        steps=40,
        payoffs=(Payoff(kind="call", quantity=-5.0, strike=2_000.0, step=40, years_left=0.1, vol=0.6),),
        proportional_cost=5e-4,
        charge_liquidation=False,
    ),
    risk_aversion=0.01,
    start_ns=START - 7 * SECOND,
    end_ns=START - 7 * SECOND + 40 * 60 * SECOND,
)
NAMED_POLICIES: st.SearchStrategy[Policy] = st.one_of(
    TOLERANCES.map(lambda width: DeltaTolerance(tolerance=width)),
    st.sampled_from([20.0, 600.0]).map(lambda every: TimeGrid(every_s=every)),
    st.just(EveryBlock()),
    st.just(Unhedged()),
    st.sampled_from([0.0005, 0.004]).map(lambda move: PriceMove(move=move)),
    st.builds(Leland, proportional_cost=st.just(5e-4), every_s=st.sampled_from([20.0, 600.0])),
    st.builds(WhalleyWilmott, risk_aversion=AVERSIONS, proportional_cost=st.just(5e-4), look_every_s=LOOKS),
    st.builds(Zakamouline, risk_aversion=AVERSIONS, proportional_cost=st.just(5e-4), look_every_s=LOOKS),
    st.builds(GasAware, risk_aversion=AVERSIONS, fixed_cost=st.just(0.01), look_every_s=LOOKS),
    st.just(EXACT),
    st.builds(QuadraticImpact, risk_aversion=AVERSIONS, impact_cost=st.just(1e-6), look_every_s=LOOKS),
)
OTHER_POLICIES: st.SearchStrategy[Policy] = st.one_of(
    st.integers(1, 30).map(EveryBlocks),
    TOLERANCES.map(Awake),
    st.builds(AnyCause, TOLERANCES, st.integers(1, 20), st.sampled_from([SECOND, 100 * SECOND])),
)
POLICIES = NAMED_POLICIES | OTHER_POLICIES

NO_FAULTS = st.just(Faults())
RATES = st.sampled_from([0.0, 0.1, 0.5])
FAULTS = st.builds(Faults, lose_orders=RATES, lose_reports=RATES, double_reports=RATES, late=RATES)
LATENCIES = st.sampled_from([0, 1, 40 * MS, 2 * SECOND])  # what is late takes a hundred times as long
DELAYS = st.builds(
    Delays, orders_ns=LATENCIES, reports_ns=LATENCIES, jitter_ns=st.sampled_from([0, 0, 10 * MS, SECOND])
)

FRACTIONS = st.sampled_from([(0.02, 0.01), (0.5, 0.45), (0.9, 0.89)])  # the last one liquidates at the first breeze
WATCHED = st.builds(
    lambda parts, fee, every: MarginTerms(
        rule=FractionMargin(initial=parts[0], maintenance=parts[1]), liquidation_fee=fee, every_ns=every
    ),
    FRACTIONS,
    st.sampled_from([Decimal(0), Decimal("0.01")]),
    st.sampled_from([7 * SECOND, 3_600 * SECOND]),
)
MARGINS = st.none() | WATCHED

LOTS = {"ETH_USDC-PERPETUAL": "0.01", "ETH-PERPETUAL": "10", "ETH_USDC": "0.01"}


def _deposits(instrument: Instrument) -> tuple[Deposit, ...]:
    amounts = {"USDC": "40000", BASE: "12.5"}
    if not isinstance(instrument, Spot):
        amounts = {BASE: "12.5"} if is_inverse(instrument) else {"USDC": "40000"}
    return tuple(
        Deposit(account=ACCOUNT, currency=Currency(currency), amount=Decimal(amount))
        for currency, amount in amounts.items()
    )


@st.composite
def worlds(
    draw: st.DrawFn,
    *,
    policies: st.SearchStrategy[Policy] = POLICIES,
    faults: st.SearchStrategy[Faults] = FAULTS,
    names: tuple[str, ...] = tuple(LOTS),
    longest: int = 90,
    margins: st.SearchStrategy[MarginTerms | None] = MARGINS,
) -> World:
    instrument = parse_deribit(draw(st.sampled_from(names)))
    in_pool = isinstance(instrument, Spot) and draw(st.booleans())
    seed = draw(st.integers(0, 2**32 - 1))
    rows = make_rows(
        seed,
        draw(st.integers(5, longest)),
        jumpy=draw(st.sampled_from([0.0, 0.05])),
        latency_ns=draw(st.sampled_from([0, 1, 40 * MS, 20 * SECOND])),
        jitter_ns=draw(st.sampled_from([0, 50 * MS, 10 * SECOND])),
    )
    settings = EngineSettings(
        base=BASE,
        numeraire=draw(st.sampled_from(["USD", BASE])),
        reference=InstrumentName(instrument.name),
        rows=draw(ROWS),
        usd_rates={Currency("USDC"): USDC_RATE},
        instrument=instrument,
        lot=Decimal(LOTS[instrument.name]),
        wanted_delta=draw(st.sampled_from([0.0, 3.0])),
        policy=DeltaTolerance(tolerance=1.0),
        desk=DeskRules(
            account=ACCOUNT,
            instrument=instrument.name,
            timeout_ns=draw(st.sampled_from([5 * SECOND, 15 * SECOND, 60 * SECOND])),
            retry_ns=draw(st.sampled_from([SECOND, 10 * SECOND])),
            max_slippage=draw(st.sampled_from([None, 0.0003, 0.02])),
        ),
        deposits=_deposits(instrument),
        max_quote_age_ns=draw(st.sampled_from([30 * SECOND, 3600 * SECOND])),
        refit_every_ns=draw(st.sampled_from([0, 0, 45 * SECOND])),
    )
    world = World(
        settings=settings,
        sources=(
            Source(kind="quote", name=instrument.name),
            Source(kind="quote", name="ETH-29SEP23"),
            Source(kind="pool", name="pool"),
            Source(kind="gas", name="gas"),
        ),
        rows=rows,
        delays=draw(DELAYS),
        faults=draw(faults),
        funding=Funding() if isinstance(instrument, Spot) else draw(_fundings(rows)),
        in_pool=in_pool,
        displayed_lots=draw(st.sampled_from([0, 0, 20, 300])),
        fit_takes_ns=draw(st.sampled_from([0, 2 * SECOND])),
        seed=seed,
        margin=None if isinstance(instrument, Spot) else draw(margins),
    )
    return with_policy(world, draw(policies))


def _fundings(rows: Chunk) -> st.SearchStrategy[Funding]:
    """Settlements at the instants of some rows: ties are where drivers differ."""
    places = st.lists(st.integers(0, rows.at_ns.size - 1), max_size=4, unique_by=lambda i: int(rows.at_ns[i]))
    times = places.map(lambda found: tuple(sorted(int(rows.at_ns[i]) for i in found)))
    return times.map(lambda at: Funding(at_ns=at, rate=tuple(0.001 * (-1) ** i * (i + 1) for i in range(len(at)))))
