"""A desk in a market as a compiled book: what every job on a desk begins with."""

from collections.abc import Sequence
from dataclasses import dataclass

from hedgerow.book import CompiledBook, Marking, assemble
from hedgerow.config import Desk
from hedgerow.core.ids import Currency
from hedgerow.market import Rejection, Snapshot
from hedgerow.oneshot.resolve import compile_positions, with_assumed_quotes
from hedgerow.oneshot.smile import Smile, fit_smile, interpolate
from hedgerow.pricing import mark_vols


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledDesk:
    """What a desk holds, compiled against one market.

    Parameters
    ----------
    book : CompiledBook
        Every position that the market can value.
    marking : Marking
        What it is valued with; its snapshot holds the quotes that the desk file states.
    smile : Smile
        The surface of the market, if it has one.
    rejected : tuple of Rejection
        Positions left out, options priced from the surface or not at all, and what the market refused.
    """

    book: CompiledBook
    marking: Marking
    smile: Smile
    rejected: tuple[Rejection, ...]


def compile_desk(
    desk: Desk,
    market: Snapshot,
    *,
    instruments: Sequence[str] = (),
    leave_out: bool = False,
    delta_convention: str | None = None,
) -> CompiledDesk:
    """Compile the positions of a desk against a market.

    Parameters
    ----------
    desk : Desk
        What is held and assumed.
    market : Snapshot
        The market at one instant.
    instruments : sequence of str
        What else is to be valued: options among them that no mark prices are priced from the surface.
    leave_out : bool
        True to leave out positions that the market cannot value, by name and reason; False to refuse them.
    delta_convention : str or None
        Name of the convention that the caller gives, as for ``fit_smile``.

    Returns
    -------
    CompiledDesk
        The book, and what it was valued with. [USD terms]

    Raises
    ------
    ConfigError
        If the market is that of another coin, the book is empty, or a position cannot be valued.
    """
    if market.base != desk.base:
        raise desk.error("base", f"is {desk.base}, the market's is {market.base}", "use the market of that coin")
    market = with_assumed_quotes(desk, market)
    vols = mark_vols(market)
    smile = fit_smile(desk, market, delta_convention)
    names = [*(line.instrument for line in desk.position), *instruments]
    interpolated, told = interpolate(names, market, vols, smile)
    unpriced = [item for item in vols.rejected if item.name not in interpolated]
    rates = {Currency(name): rate for name, rate in desk.rates.items()}
    marking = Marking(snapshot=market, vols=vols.as_dict(), usd_rates=rates, interpolated=interpolated)
    rows, n_position, left_out = compile_positions(desk, marking, leave_out=leave_out)
    if not rows:
        raise desk.error("", "the book is empty", "add balances, [[position]] or [[liquidity]]")
    return CompiledDesk(
        book=assemble(rows, base=market.base, spot=market.index_price, n_group=n_position),
        marking=marking,
        smile=smile,
        # What is missing from the book weighs most, then what cannot be valued, then what cannot be traded.
        rejected=(*left_out, *told, *unpriced, *market.rejected),
    )
