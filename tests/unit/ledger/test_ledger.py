"""Accounts by name: transfers, flows by cause, and what is refused."""

from decimal import Decimal

import pytest

from hedgerow.core.errors import InputError, NumeraireError
from hedgerow.core.ids import AccountName, Currency
from hedgerow.core.money import Money
from hedgerow.instruments import parse_deribit
from hedgerow.ledger import Account, Ledger, Transit

LINEAR = parse_deribit("ETH_USDC-PERPETUAL")


def money(amount: str, currency: str = "USDC") -> Money:
    return Money.of(amount, currency)


def holding(**amounts: str) -> Ledger:
    """Return a ledger whose accounts hold so much USDC."""
    ledger = Ledger()
    for name, amount in amounts.items():
        ledger = ledger.put(name, Account().deposit(money(amount)))
    return ledger


def test_an_account_in_which_nothing_happened_is_empty() -> None:
    assert Ledger().account("exchange") == Account()
    assert Ledger().balance("USDC") == money("0")


def test_a_transfer_takes_the_amount_from_one_account_and_brings_what_the_fee_leaves_to_the_other() -> None:
    ledger = holding(exchange="100").transfer("exchange", "wallet", money("30"), money("0.5"))
    assert ledger.account("exchange").balance("USDC") == money("70")
    assert ledger.account("wallet").balance("USDC") == money("29.5")
    assert ledger.balance("USDC") == money("99.5")


def test_a_transfer_is_booked_by_its_causes() -> None:
    ledger = holding(exchange="100").transfer("exchange", "wallet", money("30"), money("0.5"))
    source, target = ledger.account("exchange"), ledger.account("wallet")
    assert source.flow("USDC", "transfer") == money("-30")
    assert source.flow("USDC", "deposit") == money("100")
    assert target.flow("USDC", "transfer") == money("30")
    assert target.flow("USDC", "fee") == money("-0.5")
    assert source.flow("USDC", "fee") == money("0")


def test_what_is_lent_is_seen_as_a_negative_balance() -> None:
    ledger = holding(exchange="10").transfer("exchange", "wallet", money("30"), money("0"))
    assert ledger.account("exchange").balance("USDC") == money("-20")
    assert ledger.balance("USDC") == money("10")


def test_the_balance_runs_over_all_accounts_and_one_currency() -> None:
    ledger = holding(a="1", b="2.5", c="-0.25")
    ledger = ledger.put("b", ledger.account("b").deposit(money("7", "ETH")))
    assert ledger.balance("USDC") == money("3.25")
    assert ledger.balance("ETH") == money("7", "ETH")
    assert ledger.balance("BTC") == money("0", "BTC")


@pytest.mark.parametrize(
    ("source", "target", "amount", "fee"),
    [
        ("exchange", "exchange", "1", "0"),
        ("exchange", "wallet", "0", "0"),
        ("exchange", "wallet", "-1", "0"),
        ("exchange", "wallet", "1", "-0.1"),
        ("exchange", "wallet", "1", "1.1"),
    ],
)
def test_a_transfer_needs_two_accounts_a_positive_amount_and_a_fee_below_it(
    source: str, target: str, amount: str, fee: str
) -> None:
    ledger = holding(exchange="100")
    with pytest.raises(InputError, match=f"a transfer of {amount} USDC from {source} to {target}"):
        ledger.transfer(source, target, money(amount), money(fee))
    assert ledger == holding(exchange="100")


def test_a_fee_may_eat_all_of_it() -> None:
    ledger = holding(exchange="100").transfer("exchange", "wallet", money("1"), money("1"))
    assert ledger.account("wallet").balance("USDC") == money("0")
    assert ledger.balance("USDC") == money("99")


def test_the_ledger_before_is_as_it_was() -> None:
    before = holding(exchange="100")
    after = before.transfer("exchange", "wallet", money("30"), money("0"))
    assert before.account("exchange").balance("USDC") == money("100")
    assert before.account("wallet") == Account()
    assert after != before
    with pytest.raises(TypeError):
        before.accounts[AccountName("exchange")] = Account()  # type: ignore[index]


def test_funding_and_gas_are_flows_of_their_own() -> None:
    account = Account().deposit(money("1", "ETH"))
    account = account.move(money("-0.003", "ETH"), "gas").move(money("-0.002", "ETH"), "gas")
    account = account.move(money("4"), "funding").move(money("-1.5"), "funding")
    assert account.flow("ETH", "gas") == money("-0.005", "ETH")
    assert account.flow("USDC", "funding") == money("2.5")
    assert account.flow("USDC", "gas") == money("0")
    assert account.balance("ETH") == money("0.995", "ETH")
    assert account.currencies == ("ETH", "USDC")


def test_the_balance_is_the_sum_of_its_causes() -> None:
    account = Account().deposit(money("1000"))
    account = account.book_trade(LINEAR, Decimal(2), Decimal(2000), money("2"))
    account = account.book_trade(LINEAR, Decimal(-2), Decimal(2100), money("2.1")).move(money("-3"), "funding")
    causes = {cause: account.flow("USDC", cause) for cause in ("deposit", "trade", "fee", "funding")}
    assert causes == {
        "deposit": money("1000"),
        "trade": money("200"),
        "fee": money("-4.1"),
        "funding": money("-3"),
    }
    assert account.balance("USDC") == money("1192.9")


def test_nothing_moved_leaves_no_trace() -> None:
    assert Account().move(money("0"), "gas") == Account()
    assert Account().move(money("0"), "gas").currencies == ()


# Money on its way.


def on_its_way(amount: str, fee: str = "0") -> Transit:
    return Transit(
        source=AccountName("exchange"), target=AccountName("wallet"), money=money(amount), fee=money(fee), sent_ns=7
    )


def test_what_is_on_its_way_is_in_neither_account_and_in_the_sum() -> None:
    transit = on_its_way("30", "0.5")
    sent = holding(exchange="100").send(transit)
    assert sent.account("exchange").balance("USDC") == money("70")
    assert sent.account("wallet").balance("USDC") == money("0")
    assert sent.balance("USDC") == money("100")
    assert sent.balance("ETH") == money("0", "ETH")
    arrived = sent.arrive(transit)
    assert arrived.account("wallet").balance("USDC") == money("29.5")
    assert arrived.account("wallet").flow("USDC", "fee") == money("-0.5")
    assert arrived.balance("USDC") == money("99.5")
    assert arrived.in_transit == ()
    assert arrived == holding(exchange="100").transfer("exchange", "wallet", money("30"), money("0.5"))


def test_what_has_arrived_does_not_arrive_again() -> None:
    transit = on_its_way("30")
    ledger = holding(exchange="100").send(transit).send(transit)
    ledger = ledger.arrive(transit)
    assert ledger.in_transit == (transit,)
    ledger = ledger.arrive(transit)
    with pytest.raises(InputError, match="30 USDC from exchange to wallet are not on their way"):
        ledger.arrive(transit)
    assert ledger.account("wallet").balance("USDC") == money("60")


def test_what_is_not_there_is_not_sent_unless_it_may_be_borrowed() -> None:
    with pytest.raises(InputError, match="200 USDC to be spent of a balance of 100 USDC"):
        holding(exchange="100").send(on_its_way("200"))
    lent = Ledger().put("exchange", Account(may_borrow=True)).send(on_its_way("200"))
    assert lent.account("exchange").balance("USDC") == money("-200")
    assert lent.balance("USDC") == money("0")


@pytest.mark.parametrize(("amount", "fee"), [("0", "0"), ("-1", "0"), ("1", "-0.1"), ("1", "1.1")])
def test_a_transit_is_a_positive_amount_and_a_fee_below_it(amount: str, fee: str) -> None:
    with pytest.raises(InputError, match=f"a transfer of {amount} USDC from exchange to wallet"):
        on_its_way(amount, fee)


def test_a_transit_needs_two_accounts_and_one_currency() -> None:
    name = AccountName("exchange")
    with pytest.raises(InputError, match="name two accounts"):
        Transit(source=name, target=name, money=money("1"), fee=money("0"))
    with pytest.raises(NumeraireError):
        Transit(source=name, target=AccountName("wallet"), money=money("1"), fee=money("0", "ETH"))


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_only_positive_amounts_are_spent(amount: str) -> None:
    with pytest.raises(InputError, match="give a positive, finite amount"):
        Account().spend(Money(Decimal(amount), Currency("USDC")), "transfer")


def test_gains_of_all_accounts_come_in_the_order_of_closing_with_their_account() -> None:
    ledger = Ledger()
    for at_ns, name, quantity in [(1, "a", 1), (2, "b", -1), (3, "b", 1), (4, "a", -1), (4, "b", 1), (5, "b", -1)]:
        account = ledger.account(name).book_trade(LINEAR, Decimal(quantity), Decimal(2000), money("0"), at_ns=at_ns)
        ledger = ledger.put(name, account)
    assert [(gain.account, gain.closed_ns) for gain in ledger.gains()] == [("b", 3), ("a", 4), ("b", 5)]


def test_a_ledger_without_lots_begins_new_accounts_without_them() -> None:
    ledger = holding(exchange="100").send(on_its_way("30")).without_lots()
    assert ledger.balance("USDC") == money("100")
    after = ledger.arrive(on_its_way("30"))
    for name in ("exchange", "wallet", "new"):
        account = after.account(name).book_trade(LINEAR, Decimal(1), Decimal(2000), money("0"))
        assert account.holding(LINEAR).quantity == 1
        assert len(account.holding(LINEAR).lots) == 0
    assert Ledger().account("new").lot_method == "FIFO"
