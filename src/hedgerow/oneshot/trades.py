"""The hedging instruments as compiled self-financing purchases."""

from collections.abc import Sequence

from hedgerow.book import CompiledBook, Marking, assemble, trade_rows
from hedgerow.core.errors import HedgerowError
from hedgerow.oneshot.resolve import HedgeInstrument


def compile_trades(tools: Sequence[HedgeInstrument], marking: Marking) -> CompiledBook:
    """Compile one purchase of each hedging instrument, paid for.

    Parameters
    ----------
    tools : sequence of HedgeInstrument
        The hedging instruments.
    marking : Marking
        The market.

    Returns
    -------
    CompiledBook
        One group for each. [USD terms]

    Raises
    ------
    ConfigError
        If an instrument of the desk file cannot be valued.
    InputError
        If one that the caller named cannot.
    """
    rows = []
    for i, tool in enumerate(tools):
        try:
            rows += trade_rows(tool.instrument, marking, i)
        except HedgerowError as error:
            raise tool.place.error(error.problem, error.advice) from None
    snapshot = marking.snapshot
    return assemble(rows, base=snapshot.base, spot=snapshot.index_price, n_group=len(tools))
