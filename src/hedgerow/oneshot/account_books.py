"""What one account of a desk holds, before and after trades, as a book that margin rules understand.

Every contract is one position: what is held and what is traded are netted as the venue nets them. Closing realises P&L
in the settlement currency, adding averages the entry price, and what an option costs leaves the balances.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hedgerow.book import Balance, CompiledBook, ContractPosition, Row, assemble, rows_of
from hedgerow.config import AccountTerms
from hedgerow.core.ids import Currency
from hedgerow.instruments import Future, Instrument, Perpetual, Spot, is_inverse, parse_deribit
from hedgerow.oneshot.holdings import Holdings, lines_of


@dataclass(slots=True)
class Position:
    """A quantity of one contract while trades are added to it.

    Parameters
    ----------
    instrument : Instrument
        The contract.
    quantity : float
        Signed. [contracts]
    entry : float or None
        Average entry of a future or perpetual. [quote per base]
    """

    instrument: Instrument
    quantity: float = 0.0
    entry: float | None = None

    def trade(self, quantity: float, price: float) -> float:
        """Add a trade.

        Parameters
        ----------
        quantity : float
            Signed. [contracts]
        price : float
            At which. [as quoted]

        Returns
        -------
        float
            What it pays into the settlement currency: realised P&L of futures, minus the price of all else. [settle]

        References
        ----------
        Deribit, "Average price and profit" (support.deribit.com): closing realises against the average entry.
        """
        size, held, after = self.instrument.contract_size, self.quantity, self.quantity + quantity
        self.quantity = after
        if not isinstance(self.instrument, Perpetual | Future):
            return -quantity * price * size
        if held * quantity >= 0.0:  # opened or added to
            self.entry = _average(self.instrument, held, self.entry or price, quantity, price)
            return 0.0
        entry = self.entry or price
        closed = held if abs(quantity) >= abs(held) else -quantity
        if held * after < 0.0:
            self.entry = price  # turned around: what is left was opened by this trade
        return closed * size * (1.0 / entry - 1.0 / price if is_inverse(self.instrument) else price - entry)


def _average(instrument: Instrument, held: float, entry: float, added: float, price: float) -> float:
    """Average an entry price: of inverse contracts its inverse, so that P&L in coins adds up."""
    total = held + added
    if not total:
        return price
    if is_inverse(instrument):
        return total / (held / entry + added / price)
    return (held * entry + added * price) / total


@dataclass(slots=True)
class AccountHoldings:
    """What is in one account.

    Parameters
    ----------
    positions : dict of str to Position
        By contract.
    balances : dict of str to float
        By currency. [currency]
    """

    positions: dict[str, Position] = field(default_factory=dict)
    balances: dict[str, float] = field(default_factory=dict)

    def pay(self, currency: str, amount: float) -> None:
        """Add to a balance.

        Parameters
        ----------
        currency : str
            Its ticker.
        amount : float
            Signed. [currency]
        """
        self.balances[currency] = self.balances.get(currency, 0.0) + amount


def account_holdings(
    holdings: Holdings, account: AccountTerms, traded: Mapping[str, float], cost: Mapping[str, float]
) -> AccountHoldings:
    """Return what an account holds after trades at the mid.

    Parameters
    ----------
    holdings : Holdings
        The desk in its market.
    account : AccountTerms
        The account.
    traded : mapping of str to float
        By hedging instrument of the account, signed; empty for what it holds now. [contracts]
    cost : mapping of str to float
        What each of these trades costs beside. [numeraire]

    Returns
    -------
    AccountHoldings
        Positions and balances. [contracts], [currency]
    """
    found = AccountHoldings(balances=dict(account.balances))
    if account.collateral is not None:
        found.pay(holdings.desk.numeraire, account.collateral)
    for _, line in lines_of(holdings, account):
        held = Position(parse_deribit(line.instrument), line.quantity, line.entry_price)
        known = found.positions.get(line.instrument)
        if known is None:
            found.positions[line.instrument] = held
        else:
            paid = known.trade(line.quantity, line.entry_price or 0.0)
            found.pay(held.instrument.settle, paid if line.entry_price is not None else 0.0)
    for tool in holdings.tools:
        name = str(tool.instrument.name)
        quantity = traded.get(name, 0.0)
        if not quantity:
            continue
        position = found.positions.setdefault(name, Position(tool.instrument))
        found.pay(tool.instrument.settle, position.trade(quantity, tool.quote.mid))
        found.pay(holdings.numeraire, -cost.get(name, 0.0))
    return found


def account_book(holdings: Holdings, held: AccountHoldings) -> CompiledBook:
    """Compile what is in an account: one group for each contract, then one for each balance.

    Parameters
    ----------
    holdings : Holdings
        The desk in its market.
    held : AccountHoldings
        What is in it.

    Returns
    -------
    CompiledBook
        Cash is labelled by its currency, for haircuts. [USD terms]
    """
    rows: list[Row] = []
    balances = dict(held.balances)
    for position in held.positions.values():
        if not position.quantity:
            continue
        if isinstance(position.instrument, Spot):
            base = position.instrument.base
            balances[base] = balances.get(base, 0.0) + position.quantity * position.instrument.contract_size
            continue
        compiled = ContractPosition(
            instrument=position.instrument, quantity=position.quantity, entry_price=position.entry
        )
        rows += rows_of(compiled, holdings.marking, len(rows))
    for currency, amount in balances.items():
        (row,) = rows_of(Balance(currency=Currency(currency), amount=amount), holdings.marking, len(rows))
        rows.append(row._replace(label=currency))
    snapshot = holdings.marking.snapshot
    return assemble(rows, base=snapshot.base, spot=snapshot.index_price, n_group=len(rows))
