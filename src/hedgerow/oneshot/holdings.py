"""The book and the hedging instruments of a desk, and which account each position counts in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.book import CompiledBook, Marking
from hedgerow.config import AccountTerms, Desk
from hedgerow.config.desk import PositionLine
from hedgerow.core.arrays import Float64
from hedgerow.instruments import EuropeanOption, Instrument, Spot, is_inverse, parse_deribit
from hedgerow.oneshot.resolve import HedgeInstrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The book and the hedging instruments, as the limits see them.

    Parameters
    ----------
    desk : Desk
        The desk file.
    marking : Marking
        The market.
    book, trades : CompiledBook
        Positions by the order of the desk file; one purchase of each hedging instrument.
    tools : sequence of HedgeInstrument
        The hedging instruments.
    held : ndarray of shape (n_instrument,)
        What the desk holds of each. [contracts]
    numeraire : str
        ``USD`` or the coin.
    """

    desk: Desk
    marking: Marking
    book: CompiledBook
    trades: CompiledBook
    tools: Sequence[HedgeInstrument]
    held: Float64[np.ndarray, " n_instrument"]
    numeraire: str

    @property
    def coin(self) -> float:
        """What one coin is worth. [numeraire]"""
        return 1.0 if self.numeraire == self.desk.base else self.marking.snapshot.index_price

    @property
    def per_usd(self) -> float:
        """What a dollar is worth. [numeraire per USD]"""
        return self.coin / self.marking.snapshot.index_price

    @property
    def stated(self) -> float:
        """What one unit of the desk file's numeraire is worth. [numeraire]"""
        if self.numeraire == self.desk.numeraire:
            return 1.0
        spot = self.marking.snapshot.index_price
        return spot if self.numeraire == "USD" else 1.0 / spot

    def notional(self, instrument: Instrument) -> float:
        """Return the notional of one contract; an option's is that of what it is on.

        Parameters
        ----------
        instrument : Instrument
            The contract.

        Returns
        -------
        float
            At the index. [numeraire per contract]

        References
        ----------
        ``docs/desk-file.md``, ``[[account]]``.
        """
        if is_inverse(instrument) and not isinstance(instrument, EuropeanOption):
            return instrument.contract_size * self.coin / self.marking.snapshot.index_price
        return instrument.contract_size * self.coin


def holding_hours(desk: Desk) -> float:
    """Return for how long positions are expected to be held: as stated, else over the horizon of risk.

    Parameters
    ----------
    desk : Desk
        The desk file.

    Returns
    -------
    float
        The holding period. [hours]
    """
    return desk.risk.horizon_hours if desk.hedge.holding_hours is None else desk.hedge.holding_hours


def positions_held(desk: Desk, tools: Sequence[HedgeInstrument]) -> Float64[np.ndarray, " n_instrument"]:
    """Add up what the desk holds of each hedging instrument.

    Coins among the balances are what can be sold without borrowing: the first spot pair holds them, those of its own
    account among them.

    Parameters
    ----------
    desk : Desk
        The desk file.
    tools : sequence of HedgeInstrument
        The hedging instruments.

    Returns
    -------
    ndarray of shape (n_instrument,)
        Positions before any trade. [contracts]
    """
    place = {str(tool.instrument.name): i for i, tool in enumerate(tools)}
    held = np.zeros(len(tools))
    for line in desk.position:
        if line.instrument in place:
            held[place[line.instrument]] += line.quantity
    pair = next((i for i, tool in enumerate(tools) if isinstance(tool.instrument, Spot)), None)
    if pair is not None:
        home = home_of_tool(desk, tools[pair].instrument.name)
        coins = desk.balances.get(desk.base, 0.0)
        coins += sum(account.balances.get(desk.base, 0.0) for account in desk.account if account.name == home)
        held[pair] += coins / tools[pair].instrument.contract_size
    return held


def home_of_line(desk: Desk, line: PositionLine) -> str | None:
    """Return the account that carries a position: the one that trades its instrument, else the one that it names.

    Parameters
    ----------
    desk : Desk
        The desk file.
    line : PositionLine
        The position.

    Returns
    -------
    str or None
        Its account. [text]
    """
    traded = (account.name for account in desk.account if line.instrument in account.instruments)
    return next(traded, line.account)


def home_of_tool(desk: Desk, name: str) -> str | None:
    """Return the account in which an instrument is traded.

    One that no account lists, asked for by the caller or tried as an addition, stays with the account that holds all of
    it: its position then counts once, whether it may be traded or not. Elsewhere it is outside any account.

    Parameters
    ----------
    desk : Desk
        The desk file.
    name : str
        The instrument.

    Returns
    -------
    str or None
        The account. [text]
    """
    for account in desk.account:
        if name in account.instruments:
            return account.name
    homes = {line.account for line in desk.position if line.instrument == name}
    return homes.pop() if len(homes) == 1 else None


def lines_of(holdings: Holdings, account: AccountTerms) -> list[tuple[int, PositionLine]]:
    """Return the positions of an account with their place in the book; what was left out of the book is left out.

    Parameters
    ----------
    holdings : Holdings
        Book and hedging instruments.
    account : AccountTerms
        The account.

    Returns
    -------
    list of (int, PositionLine)
        Group in the book, and the line of the desk file. [contracts]
    """
    first, valued = len(holdings.desk.balances), set(holdings.book.group.tolist())
    return [
        (first + i, line)
        for i, line in enumerate(holdings.desk.position)
        if first + i in valued and home_of_line(holdings.desk, line) == account.name
    ]


def others_of(holdings: Holdings, account: AccountTerms) -> list[tuple[Instrument, float]]:
    """Return positions of an account that are not traded in it.

    Parameters
    ----------
    holdings : Holdings
        Book and hedging instruments.
    account : AccountTerms
        The account.

    Returns
    -------
    list of (Instrument, float)
        Contract and quantity. [contracts]
    """
    homes = {str(tool.instrument.name): home_of_tool(holdings.desk, tool.instrument.name) for tool in holdings.tools}
    return [
        (parse_deribit(line.instrument), line.quantity)
        for _, line in lines_of(holdings, account)
        if homes.get(line.instrument) != account.name
    ]
