"""No money appears and none vanishes in the life of several accounts: trades, fees, funding, transfers, ends, pools.

The oracle keeps fractions and one rule: a fill swaps the worth of what it moves for cash at its price, and what a
position is worth changes with its mark alone. Decimals have 80 digits, a life here has fewer than a thousand
operations, and no result is larger than the turnover: a bound of 1e-70 of it leaves a factor of a million for
rounding, and no room for the 28 digits that Python has unless told otherwise.
"""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.errors import InputError
from hedgerow.core.ids import AccountName, Currency
from hedgerow.core.money import Money
from hedgerow.instruments import EuropeanOption, Future, Instrument, Perpetual, Spot, parse_deribit
from hedgerow.ledger import (
    Account,
    Ledger,
    LotMethod,
    RealisedGain,
    Transit,
    add_liquidity,
    collect_fees,
    earn_fees,
    remove_liquidity,
)

INSTRUMENTS = [
    parse_deribit(name)
    for name in (
        "BTC-PERPETUAL",
        "BTC-26JAN24",
        "ETH_USDC-PERPETUAL",
        "ETH_USDC-26JAN24",
        "BTC-26JAN24-45000-C",
        "BTC-26JAN24-45000-P",
        "ETH_USDC-26JAN24-2300-P",
        "ETH_USDC",
    )
]
NAMES = [AccountName(name) for name in ("one", "two", "three")]
CURRENCIES = [Currency(name) for name in ("BTC", "ETH", "USDC")]
METHODS: tuple[LotMethod, ...] = get_args(LotMethod)
EXPIRY_NS = 1_706_256_000 * 10**9

Step: TypeAlias = tuple[str, int, int, int, int, int]
"""What happens, to whom, to which thing, and three whole numbers."""

KINDS = ["deposit", "trade", "trade", "trade", "liquidation", "settle", "funding", "open", "send", "arrive"]
KINDS += ["pool", "earn", "collect", "remove"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, len(NAMES) - 1),
        st.integers(0, len(INSTRUMENTS) - 1),
        st.integers(-(10**6), 10**6).filter(bool),
        st.integers(1, 10**8),
        st.integers(0, 10**6),
    ),
    max_size=25,
)


def worth(instrument: Instrument, price: Fraction) -> Fraction:
    """Return what one contract is worth, up to a constant: inverse futures are short the coins of their dollars."""
    size = Fraction(instrument.contract_size)
    is_inverse = instrument.settle == instrument.base and isinstance(instrument, Future | Perpetual)
    return -size / price if is_inverse else size * price


def end_price(instrument: Instrument, price: Fraction) -> Fraction:
    """Return at what a dated contract ends, from the price of its underlying."""
    if not isinstance(instrument, EuropeanOption):
        return price
    above = price - Fraction(instrument.strike)
    inner = max(above if instrument.is_call else -above, Fraction(0))
    return inner / price if instrument.settle == instrument.base else inner


class Oracle:
    """Wealth by account and currency at the marks, in fractions."""

    def __init__(self, marks: list[Decimal]) -> None:
        self.marks: dict[str, Fraction] = dict(
            zip((str(one.name) for one in INSTRUMENTS), map(Fraction, marks), strict=True)
        )
        self.wealth: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self.pnl: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self.held: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self.turnover = Fraction(1)

    def add(self, name: str, currency: str, amount: Fraction) -> None:
        self.wealth[name, currency] += amount
        self.turnover += abs(amount)

    def fill(self, name: str, instrument: Instrument, quantity: Fraction, price: Fraction, fee: Fraction) -> None:
        mark = self.marks[instrument.name]
        gained = quantity * (worth(instrument, mark) - worth(instrument, price)) - fee
        self.turnover += abs(quantity * worth(instrument, mark)) + abs(quantity * worth(instrument, price))
        self.pnl[name, instrument.name] += gained
        self.held[name, instrument.name] += quantity
        if isinstance(instrument, Spot):  # what is bought is cash itself, and has no mark
            self.add(name, instrument.base, quantity)
            self.add(name, instrument.settle, -quantity * price - fee)
        else:
            self.add(name, instrument.settle, gained)


def live(steps: list[Step], marks: list[Decimal], method: LotMethod) -> tuple[Ledger, Oracle]:
    """Book every step in a ledger and in the oracle; what the ledger refuses, neither has."""
    oracle, ledger = Oracle(marks), Ledger()
    for name in NAMES:
        ledger = ledger.put(name, Account(lot_method=method))
    for at_ns, (kind, who, what, amount, price, fee) in enumerate(steps):
        act = ACTS[kind]
        try:
            ledger = act(ledger, oracle, NAMES[who], what, (amount, price, fee, at_ns))
        except InputError:
            assert kind in ("send", "arrive", "open", "pool", "earn", "collect", "remove")
        _check_lots(ledger)
    return ledger, oracle


Numbers: TypeAlias = tuple[int, int, int, int]


def _deposit(ledger: Ledger, oracle: Oracle, name: AccountName, what: int, numbers: Numbers) -> Ledger:
    money = Money(Decimal(numbers[1]).scaleb(-4), CURRENCIES[what % 3])
    oracle.add(name, money.currency, Fraction(money.amount))
    return ledger.put(name, ledger.account(name).deposit(money))


def _funding(ledger: Ledger, oracle: Oracle, name: AccountName, what: int, numbers: Numbers) -> Ledger:
    money = Money(Decimal(numbers[0]).scaleb(-18), CURRENCIES[what % 3])
    oracle.add(name, money.currency, Fraction(money.amount))
    return ledger.put(name, ledger.account(name).move(money, "funding"))


def _terms(what: int, numbers: Numbers) -> tuple[Instrument, Decimal, Decimal, Money]:
    instrument = INSTRUMENTS[what]
    return (
        instrument,
        Decimal(numbers[0]).scaleb(-3),
        Decimal(numbers[1]).scaleb(-4),
        Money(Decimal(numbers[2]).scaleb(-8), instrument.settle),
    )


def _trade(ledger: Ledger, oracle: Oracle, name: AccountName, what: int, numbers: Numbers) -> Ledger:
    instrument, quantity, price, fee = _terms(what, numbers)
    oracle.fill(name, instrument, Fraction(quantity), Fraction(price), Fraction(fee.amount))
    return ledger.put(name, ledger.account(name).book_trade(instrument, quantity, price, fee, at_ns=numbers[3]))


def _liquidate(ledger: Ledger, oracle: Oracle, name: AccountName, what: int, numbers: Numbers) -> Ledger:
    instrument, _, price, fee = _terms(what, numbers)
    account = ledger.account(name)
    quantity = account.holding(instrument).quantity.copy_negate()
    if not quantity:
        return ledger
    oracle.fill(name, instrument, Fraction(quantity), Fraction(price), Fraction(fee.amount))
    return ledger.put(name, account.book_trade(instrument, quantity, price, fee, at_ns=numbers[3], forced=True))


def _settle(ledger: Ledger, oracle: Oracle, name: AccountName, what: int, numbers: Numbers) -> Ledger:
    instrument, _, price, fee = _terms(what, numbers)
    if isinstance(instrument, Spot | Perpetual):
        return ledger
    account = ledger.account(name)
    after, done = account.settle(instrument, price, fee, EXPIRY_NS)
    held = Fraction(account.holding(instrument).quantity)
    assert Fraction(done.quantity) == held
    if held:
        oracle.fill(name, instrument, -held, end_price(instrument, Fraction(price)), Fraction(fee.amount))
    return ledger.put(name, after)


def _open(ledger: Ledger, oracle: Oracle, name: AccountName, what: int, numbers: Numbers) -> Ledger:
    instrument, quantity, price, _ = _terms(what, numbers)
    after = ledger.account(name).open_position(instrument, quantity, price, numbers[3])
    if isinstance(instrument, Spot):  # says what deposited coins cost, and brings none
        oracle.held[name, instrument.name] += Fraction(quantity)
        gained = Fraction(quantity) * (oracle.marks[instrument.name] - Fraction(price))
        oracle.pnl[name, instrument.name] += gained
        return ledger.put(name, after)
    oracle.fill(name, instrument, Fraction(quantity), Fraction(price), Fraction(0))
    if isinstance(instrument, EuropeanOption):  # what was paid for it was paid before
        oracle.add(name, instrument.settle, Fraction(quantity) * worth(instrument, Fraction(price)))
    return ledger.put(name, after)


def _send(ledger: Ledger, oracle: Oracle, name: AccountName, what: int, numbers: Numbers) -> Ledger:
    target = NAMES[(NAMES.index(name) + 1) % 3]
    money = Money(Decimal(numbers[1]).scaleb(-4), CURRENCIES[what % 3])
    fee = Money(money.amount * numbers[2] / 10**6, money.currency)
    after = ledger.send(Transit(source=name, target=target, money=money, fee=fee, sent_ns=numbers[3]))
    oracle.add(name, money.currency, -Fraction(money.amount))
    oracle.add("transit", money.currency, Fraction(money.amount))
    return after


def _arrive(ledger: Ledger, oracle: Oracle, _name: AccountName, what: int, _numbers: Numbers) -> Ledger:
    if not ledger.in_transit:
        return ledger
    gone = ledger.in_transit[what % len(ledger.in_transit)]
    amount, fee = Fraction(gone.money.amount), Fraction(gone.fee.amount)
    oracle.add("transit", gone.money.currency, -amount)
    oracle.add(gone.target, gone.money.currency, amount - fee)
    return ledger.arrive(gone)


def _pool(ledger: Ledger, _oracle: Oracle, name: AccountName, what: int, numbers: Numbers) -> Ledger:
    """Into a pool and back: the same wealth in another place."""
    money = Money(Decimal(numbers[1]).scaleb(-4), CURRENCIES[what % 3])
    return ledger.put(name, add_liquidity(ledger.account(name), "range", [money]))


def _earn(ledger: Ledger, oracle: Oracle, name: AccountName, what: int, numbers: Numbers) -> Ledger:
    money = Money(Decimal(numbers[1]).scaleb(-18), CURRENCIES[what % 3])
    after = ledger.put(name, earn_fees(ledger.account(name), "range", [money]))
    oracle.add(name, money.currency, Fraction(money.amount))
    return after


def _collect(ledger: Ledger, _oracle: Oracle, name: AccountName, what: int, numbers: Numbers) -> Ledger:
    part = [Money(Decimal(numbers[1]).scaleb(-18), CURRENCIES[what % 3])] if what % 2 else None
    return ledger.put(name, collect_fees(ledger.account(name), "range", part))


def _remove(ledger: Ledger, _oracle: Oracle, name: AccountName, what: int, numbers: Numbers) -> Ledger:
    """Other tokens come back than went in: what the ledger counts is the same."""
    money = Money(Decimal(numbers[1]).scaleb(-4), CURRENCIES[what % 3])
    return ledger.put(name, remove_liquidity(ledger.account(name), "range", [money], last=False))


ACTS: dict[str, Callable[[Ledger, Oracle, AccountName, int, Numbers], Ledger]] = {
    "deposit": _deposit,
    "funding": _funding,
    "trade": _trade,
    "liquidation": _liquidate,
    "settle": _settle,
    "open": _open,
    "send": _send,
    "arrive": _arrive,
    "pool": _pool,
    "earn": _earn,
    "collect": _collect,
    "remove": _remove,
}


def _check_lots(ledger: Ledger) -> None:
    for account in ledger.accounts.values():
        for holding in account.holdings.values():
            lots = [Fraction(lot.quantity) for lot in holding.lots]
            assert sum(lots) == Fraction(holding.quantity)
            assert all(lot * lots[0] > 0 for lot in lots)


def found_wealth(account: Account, currency: str, marks: dict[str, Fraction]) -> Fraction:
    """Return cash, open positions at their marks, and what lies in pools."""
    total = Fraction(account.balance(currency).amount)
    for instrument in INSTRUMENTS:
        if instrument.settle == currency:
            mark = marks[instrument.name]
            open_ = account.unsettled(instrument, Decimal(mark.numerator) / Decimal(mark.denominator))
            total += Fraction(open_.amount)
    for pool in account.pools.values():
        total += Fraction(pool.paid_in.get(Currency(currency), 0)) + Fraction(pool.owed.get(Currency(currency), 0))
    return total


MARKS = st.lists(
    st.integers(1, 10**8).map(lambda n: Decimal(n).scaleb(-4)), min_size=len(INSTRUMENTS), max_size=len(INSTRUMENTS)
)


@given(STEPS, MARKS, st.sampled_from(METHODS))
def test_no_money_appears_or_vanishes(steps: list[Step], marks: list[Decimal], method: LotMethod) -> None:
    ledger, oracle = live(steps, marks, method)
    bound = oracle.turnover / 10**70
    for name in NAMES:
        account = ledger.account(name)
        for currency in CURRENCIES:
            assert abs(found_wealth(account, currency, oracle.marks) - oracle.wealth[name, currency]) <= bound
            causes = sum((Fraction(v) for (c, _), v in account.flows.items() if c == currency), Fraction(0))
            assert abs(causes - Fraction(account.balance(currency).amount)) <= bound
        for instrument in INSTRUMENTS:
            assert Fraction(account.holding(instrument).quantity) == oracle.held[name, instrument.name]
    for currency in CURRENCIES:
        underway = sum(Fraction(t.money.amount) for t in ledger.in_transit if t.money.currency == currency)
        assert underway == oracle.wealth["transit", currency]
        held = sum(Fraction(ledger.account(name).balance(currency).amount) for name in NAMES)
        assert abs(Fraction(ledger.balance(currency).amount) - held - underway) <= bound


@given(STEPS, MARKS, st.sampled_from(METHODS))
def test_realised_gains_and_open_lots_are_all_that_was_gained(
    steps: list[Step], marks: list[Decimal], method: LotMethod
) -> None:
    ledger, oracle = live(steps, marks, method)
    for name in NAMES:
        account = ledger.account(name)
        for instrument, mark in zip(INSTRUMENTS, marks, strict=True):
            realised = sum(
                (Fraction(gain.gain) for gain in account.gains if gain.instrument == instrument.name), Fraction(0)
            )
            open_ = Fraction(account.unrealised(instrument, mark).amount)
            assert abs(realised + open_ - oracle.pnl[name, instrument.name]) <= oracle.turnover / 10**70


@given(STEPS, MARKS)
def test_cash_does_not_depend_on_the_method(steps: list[Step], marks: list[Decimal]) -> None:
    first, *others = [live(steps, marks, method)[0] for method in METHODS]
    for other in others:
        for name in NAMES:
            assert other.account(name).flows == first.account(name).flows
            quantities = {key: held.quantity for key, held in first.account(name).holdings.items()}
            assert {key: held.quantity for key, held in other.account(name).holdings.items()} == quantities


@given(
    st.sampled_from(INSTRUMENTS),
    st.lists(st.tuples(st.integers(-6, 6).filter(bool), st.integers(1, 9), st.integers(0, 5)), max_size=14),
    st.sampled_from(METHODS),
)
def test_each_closed_contract_is_the_one_that_the_method_names(
    instrument: Instrument, fills: list[tuple[int, int, int]], method: LotMethod
) -> None:
    """The oracle keeps every single contract, and closes them one by one."""
    account = Account(lot_method=method)
    contracts: list[tuple[int, int, int]] = []  # price, number of the fill, sign
    expected: dict[tuple[int, int], int] = defaultdict(int)
    for at_ns, (quantity, price, fee) in enumerate(fills):
        money = Money(Decimal(fee), instrument.settle)
        account = account.book_trade(instrument, Decimal(quantity), Decimal(price), money, at_ns=at_ns)
        sign = 1 if quantity > 0 else -1
        for _ in range(abs(quantity)):
            if not contracts or contracts[0][2] == sign:
                contracts.append((price, at_ns, sign))
                continue
            place = {"FIFO": 0, "LIFO": len(contracts) - 1}.get(method)
            if place is None:  # of a long position the highest price, of a short one the lowest; the oldest of equals
                place = min(range(len(contracts)), key=lambda i: -contracts[i][0] * contracts[i][2])
            _, opened_ns, held = contracts.pop(place)
            expected[opened_ns, at_ns] += held
    found: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for gain in account.gains:
        found[gain.opened_ns, gain.closed_ns] += Fraction(gain.quantity)
    assert found == expected
    open_: dict[int, Fraction] = defaultdict(Fraction)
    for lot in account.holding(instrument).lots:
        open_[lot.at_ns] += Fraction(lot.quantity)
    assert open_ == {at: sum(c[2] for c in contracts if c[1] == at) for at in {c[1] for c in contracts}}


@given(STEPS, MARKS, st.sampled_from(METHODS))
def test_a_gain_is_its_proceeds_less_its_cost_less_its_fees(
    steps: list[Step], marks: list[Decimal], method: LotMethod
) -> None:
    ledger, oracle = live(steps, marks, method)
    gains = ledger.gains()
    assert [gain.closed_ns for gain in gains] == sorted(gain.closed_ns for gain in gains)
    assert sum(len(ledger.account(name).gains) for name in NAMES) == len(gains)
    by_name = {instrument.name: instrument for instrument in INSTRUMENTS}
    for gain in gains:
        _check_gain(gain, by_name[gain.instrument], oracle.turnover / 10**70)


def _check_gain(gain: RealisedGain, instrument: Instrument, bound: Fraction) -> None:
    closing = worth(instrument, Fraction(gain.closed_price))
    made = Fraction(gain.quantity) * (closing - worth(instrument, Fraction(gain.opened_price)))
    assert abs(Fraction(gain.proceeds) - Fraction(gain.cost) - made) <= bound
    assert abs(made - Fraction(gain.fees) - Fraction(gain.gain)) <= bound
    assert gain.proceeds >= 0
    assert gain.cost >= 0
    assert gain.fees >= 0


@given(
    st.integers(1, 10**6),
    st.integers(1, 10**5),
    st.integers(1, 10**5),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.sampled_from(METHODS),
)
def test_a_coin_settled_round_trip_is_the_difference_of_its_premiums_less_exact_fees(
    lots: int, sold: int, bought: int, fee: int, other_fee: int, method: LotMethod
) -> None:
    """Sell at 0.05, buy at 0.04: 0.01 coin for each contract, less exact fees; as cash and as a gain."""
    option = parse_deribit("BTC-26JAN24-45000-C")
    quantity = Decimal(lots).scaleb(-1)
    account = Account(lot_method=method)
    account = account.book_trade(
        option, -quantity, Decimal(sold).scaleb(-4), Money(Decimal(fee).scaleb(-8), option.settle)
    )
    account = account.book_trade(
        option, quantity, Decimal(bought).scaleb(-4), Money(Decimal(other_fee).scaleb(-8), option.settle)
    )
    exact = Fraction(lots, 10) * Fraction(sold - bought, 10**4) - Fraction(fee + other_fee, 10**8)
    assert Fraction(account.balance("BTC").amount) == exact
    (gain,) = account.gains
    assert Fraction(gain.gain) == exact


def test_a_refused_step_leaves_the_ledger_as_it_was() -> None:
    ledger = Ledger().put("one", Account().deposit(Money.of(1, "BTC")))
    transit = Transit(source=NAMES[0], target=NAMES[1], money=Money.of(2, "BTC"), fee=Money.of(0, "BTC"))
    with pytest.raises(InputError, match="2 BTC to be spent of a balance of 1 BTC"):
        ledger.send(transit)
    assert ledger == Ledger().put("one", Account().deposit(Money.of(1, "BTC")))
