"""Generated lives of concentrated pools: where they begin, and what is done to them."""

from typing import Protocol

from hypothesis import strategies as st

from hedgerow.instruments.liquidity import RangePosition
from hedgerow.market.pool_states import ConcentratedPool
from hedgerow.pools.exact.ticks import MAX_TICK, sqrt_price_at_tick


class Twin(Protocol):
    """A pool on the chain and the same pool as a struct; whatever is done is done to both, and compared."""

    held: dict[int, RangePosition]

    @property
    def pool(self) -> ConcentratedPool:
        """The struct."""

    def mint(self, lower: int, upper: int, amount: int) -> None:
        """Add a position."""

    def burn(self, number: int, liquidity: int) -> None:
        """Take liquidity out of a position."""

    def collect(self, number: int) -> None:
        """Collect the fees of a position."""

    def swap(self, down: bool, exact_in: bool, amount: int, limit: int | None) -> None:
        """Swap."""


amounts = st.builds(lambda digits, power: digits * 10**power, st.integers(1, 999), st.integers(0, 27))
widths = st.one_of(st.integers(1, 5), st.integers(6, 600))
centres = st.one_of(
    st.integers(-3, 3), st.integers(-280_000, -270_000), st.integers(195_000, 205_000), st.integers(-700_000, 700_000)
)
growths = st.sampled_from([0, 1, 2**255, 2**256 - 1, 2**256 - 2**130, 2**256 - 2**120])
Step = tuple[object, ...]


@st.composite
def starts(draw: st.DrawFn, spacing: int) -> int:
    """A price, often on a tick, or a little above one."""
    tick = draw(centres)
    if draw(st.booleans()):
        tick -= tick % spacing
    return sqrt_price_at_tick(tick) + draw(st.sampled_from([0, 0, 1, 10**6]))


@st.composite
def lives(draw: st.DrawFn) -> list[Step]:
    """Two mints, then anything."""
    mints = st.tuples(st.just("mint"), st.integers(-4, 4), widths, amounts)
    steps = st.one_of(
        mints,
        st.tuples(st.just("swap"), st.booleans(), st.booleans(), amounts, st.integers(-3, 40)),
        st.tuples(st.just("swap"), st.booleans(), st.booleans(), amounts, st.just(-1)),
        st.tuples(st.just("burn"), st.integers(0, 9), st.sampled_from([1, 2, 3, 3])),
        st.tuples(st.just("collect"), st.integers(0, 9)),
    )
    first: Step = ("mint", 0, draw(widths), draw(amounts))
    return [first, draw(mints), *draw(st.lists(steps, min_size=3, max_size=8))]


def do(twin: Twin, step: Step) -> None:
    """One step of a life, around where the pool is now."""
    spacing = twin.pool.tick_spacing
    here = twin.pool.tick // spacing
    match step:
        case ("mint", int(offset), int(width), int(amount)):
            lower, upper = (here + offset - width) * spacing, (here + offset + 1 + width % 7) * spacing
            inside = max(abs(lower), abs(upper)) <= MAX_TICK
            if inside and all((lower, upper) != (held.tick_lower, held.tick_upper) for held in twin.held.values()):
                twin.mint(lower, upper, amount)
        case ("swap", bool(down), bool(exact_in), int(amount), int(stops)):
            limit = None
            if stops >= 0:  # at a tick that may be initialized
                tick = (here - stops) * spacing if down else (here + 1 + stops) * spacing
                limit = sqrt_price_at_tick(min(max(tick, -887_000), 887_000))
            twin.swap(down, exact_in, amount, limit)
        case ("burn", int(which), int(part)) if twin.held:
            number = sorted(twin.held)[which % len(twin.held)]
            liquidity = twin.held[number].liquidity
            twin.burn(number, liquidity if part == 3 else max(liquidity * part // 3, 1))
        case ("collect", int(which)) if twin.held:
            twin.collect(sorted(twin.held)[which % len(twin.held)])
