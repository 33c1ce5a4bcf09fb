"""A simulated venue behind the same port as a real one: latency, fees, funding, and reports that go astray.

It keeps its own books of our accounts. They are the truth that the engine learns of by reports only. Deterministic:
the same commands at the same times and the same seed give the same events.
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, TypeAlias

import msgspec
import numpy as np

from hedgerow.core.ids import AccountName
from hedgerow.core.money import Money, exact
from hedgerow.events import (
    Acknowledgement,
    CancelOrder,
    Command,
    Event,
    Fill,
    FundingPayment,
    OrderClosed,
    PlaceOrder,
    Reject,
    Transfer,
    TransferDone,
)
from hedgerow.instruments import Instrument, Spot, is_inverse
from hedgerow.ledger import Cause, Ledger
from hedgerow.venues.markets import Execution, Refusal, SimulatedMarket
from hedgerow.venues.terms import Delays, Faults, Funding

_NEVER_NS: Final = 2**63 - 1


class _Resting(msgspec.Struct):
    """An order at the venue, with everything that it got."""

    order: PlaceOrder
    remaining: int
    fills: list[Fill]
    wasted: Decimal = Decimal(0)
    open: bool = True


_Entry: TypeAlias = PlaceOrder | CancelOrder | Transfer | Event | _Resting | int
"""What the agenda holds: a message that arrives there, a report that arrives here, an order to go on with, or the
number of a settlement of funding."""


class SimulatedVenue:
    """A venue of one instrument.

    Parameters
    ----------
    market : SimulatedMarket
        Where orders meet their price.
    instrument : Instrument
        What is traded.
    lot : Decimal
        Smallest trade. [contracts]
    books : Ledger
        What the accounts hold at the start. [currency]
    account : str
        Whose orders these are.
    delays : Delays
        How long messages take.
    funding : Funding
        When it is paid.
    faults : Faults
        What goes wrong.
    seed : int
        Of delays and faults.
    """

    def __init__(
        self,
        *,
        market: SimulatedMarket,
        instrument: Instrument,
        lot: Decimal,
        books: Ledger,
        account: AccountName,
        delays: Delays,
        seed: int,
        funding: Funding | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.books = books
        self.executions: list[tuple[int, int, Execution]] = []
        self.payments: list[FundingPayment] = []
        self.wasted_gas: list[tuple[int, Decimal]] = []
        self.refusals: Counter[str] = Counter()
        self._market, self._instrument, self._lot, self._account = market, instrument, lot, account
        self._delays, self._faults = delays, faults or Faults()
        self._funding = funding or Funding()
        self._orders: dict[int, _Resting] = {}
        self._agenda: list[tuple[int, int, _Entry]] = []
        self._entries = 0
        self.underway = 0
        self._random = np.random.default_rng([seed, 0x0EDE])
        if self._funding.at_ns:
            self._enter(self._funding.at_ns[0], 0)

    @property
    def next_ns(self) -> int:
        """When something happens next. [UTC epoch ns]"""
        return self._agenda[0][0] if self._agenda else _NEVER_NS

    def take(self, command: Command, now_ns: int) -> None:
        """As the port says; alerts and requests for fits are not for a venue."""
        if isinstance(command, Transfer):
            self._enter(now_ns + self._delays.transfer_ns, command)
        elif isinstance(command, PlaceOrder | CancelOrder) and not self._happens(self._faults.lose_orders):
            self._enter(now_ns + self._delay(self._delays.orders_ns), command)

    def advance(self, until_ns: int) -> Sequence[Event]:
        """As the port says."""
        known: list[Event] = []
        while self._agenda and self._agenda[0][0] <= until_ns:
            at_ns, _, entry = heapq.heappop(self._agenda)
            self.underway -= not isinstance(entry, int)
            match entry:
                case PlaceOrder():
                    self._arrive(entry, at_ns)
                case CancelOrder():
                    self._cancel(entry, at_ns)
                case Transfer():
                    self._transfer(entry, at_ns)
                case _Resting():
                    self._deal(entry, at_ns)
                case int():
                    self._pay_funding(entry, at_ns)
                case _:
                    known.append(entry)  # a report that has arrived here
        return known

    def _enter(self, at_ns: int, entry: _Entry) -> None:
        """Note what happens when; what is entered first happens first."""
        self._entries += 1
        self.underway += not isinstance(entry, int)  # settlements of funding lie ahead for ever
        heapq.heappush(self._agenda, (at_ns, self._entries, entry))

    def _happens(self, probability: float) -> bool:
        return probability > 0.0 and bool(self._random.random() < probability)

    def _delay(self, least_ns: int) -> int:
        jitter = self._delays.jitter_ns
        delay = least_ns + (int(self._random.exponential(jitter)) if jitter else 0)
        return 101 * delay if self._happens(self._faults.late) else delay

    def _report(self, event: Event, *, gas: Decimal = Decimal(0)) -> None:
        """Send a report on its way: once, never, or twice."""
        if gas:
            self._move(Money(-gas, self._instrument.base), "gas")
        copies = 0 if self._happens(self._faults.lose_reports) else 1
        copies += copies and self._happens(self._faults.double_reports)
        for _ in range(copies):
            known = event.at_ns + self._delay(self._delays.reports_ns)
            self._enter(known, msgspec.structs.replace(event, known_ns=known))

    def _arrive(self, order: PlaceOrder, at_ns: int) -> None:
        dealt = self._market.dealt_with_ns(at_ns)
        if dealt > order.valid_until_ns:
            self.refusals["it came too late"] += 1
            self._report(Reject(at_ns, at_ns, order.order_id, "it came too late"))
            return
        resting = _Resting(order, order.lots, [])
        self._orders[order.order_id] = resting
        self._report(Acknowledgement(at_ns, at_ns, order.order_id))
        self._enter(dealt, resting)

    def _deal(self, resting: _Resting, at_ns: int) -> None:
        """Trade what can be traded now, and come back for the rest while the order is valid."""
        if not resting.open:
            return
        order = resting.order
        got = self._market.trade(resting.remaining, at_ns, order.limit)
        if isinstance(got, Execution):
            problem = self._shortfall(got)
            got = Refusal(reason=problem) if problem else got
        if isinstance(got, Refusal) and not resting.fills:
            resting.open = False
            self.refusals[got.reason] += 1
            if got.gas:
                resting.wasted = got.gas
                self.wasted_gas.append((at_ns, got.gas))
            self._report(Reject(at_ns, at_ns, order.order_id, got.reason, got.gas), gas=got.gas)
            return
        if isinstance(got, Execution):
            self._fill(resting, got, at_ns)
        later = self._market.next_ns(at_ns) if resting.remaining else None
        if later is not None and later <= order.valid_until_ns:
            self._enter(later, resting)
            return
        resting.open = False
        if resting.remaining:
            self._report(OrderClosed(at_ns, at_ns, order.order_id, tuple(resting.fills)))

    def _fill(self, resting: _Resting, got: Execution, at_ns: int) -> None:
        fee = Money(got.fee, self._instrument.settle)
        account = self.books.account(self._account)
        self.books = self.books.put(
            self._account, account.book_trade(self._instrument, got.lots * self._lot, got.price, fee)
        )
        fill = Fill(at_ns, at_ns, resting.order.order_id, len(resting.fills), got.lots, got.price, got.fee, got.gas)
        resting.fills.append(fill)
        resting.remaining -= got.lots
        self.executions.append((at_ns, resting.order.order_id, got))
        self._report(fill, gas=got.gas)

    def _shortfall(self, got: Execution) -> str:
        """Say what is missing to pay for a trade of coins; nothing is borrowed."""
        instrument = self._instrument
        if not isinstance(instrument, Spot):
            return ""
        account = self.books.account(self._account)
        coins = account.balance(instrument.base).amount + got.lots * self._lot - got.gas
        cash = account.balance(instrument.quote).amount - got.lots * self._lot * got.price - got.fee
        short = instrument.base if coins < 0 else instrument.quote if cash < 0 else ""
        return f"the account lacks {short}" if short else ""

    def _cancel(self, command: CancelOrder, at_ns: int) -> None:
        resting = self._orders.get(command.order_id)
        if resting is None:
            self._report(OrderClosed(at_ns, at_ns, command.order_id, (), found=False))
            return
        resting.open = False
        fills = tuple(resting.fills)
        self._report(OrderClosed(at_ns, at_ns, command.order_id, fills, gas=resting.wasted))

    def _transfer(self, command: Transfer, at_ns: int) -> None:
        money, free = Money(command.amount, command.currency), Money.of(0, command.currency)
        self.books = self.books.transfer(command.source, command.target, money, free)
        done = TransferDone(at_ns, at_ns, command.source, command.target, command.currency, command.amount, Decimal(0))
        self._enter(at_ns, done)

    def _pay_funding(self, number: int, at_ns: int) -> None:
        """Settle funding on the position that the venue knows, at its mark."""
        if number + 1 < len(self._funding.at_ns):
            self._enter(self._funding.at_ns[number + 1], number + 1)
        instrument, rate = self._instrument, self._funding.rate[number]
        held, mark = self.books.account(self._account).holding(instrument).quantity, self._market.mid(at_ns)
        if not held or mark is None:
            return
        size = held * exact(instrument.contract_size)
        notional = size / exact(mark) if is_inverse(instrument) else size * exact(mark)
        paid = Money(-notional * exact(rate), instrument.settle)
        self._move(paid, "funding")
        payment = FundingPayment(at_ns, at_ns, self._account, instrument.name, rate, paid.amount, paid.currency)
        self.payments.append(payment)
        known = at_ns + self._delays.reports_ns  # account messages are repeated until they arrive
        self._enter(known, msgspec.structs.replace(payment, known_ns=known))

    def _move(self, money: Money, cause: Cause) -> None:
        account = self.books.account(self._account).move(money, cause)
        self.books = self.books.put(self._account, account)
