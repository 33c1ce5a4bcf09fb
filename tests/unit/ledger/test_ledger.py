"""Accounts by name: transfers, flows by cause, and what is refused."""

from decimal import Decimal

import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.ids import AccountName
from hedgerow.core.money import Money
from hedgerow.instruments import parse_deribit
from hedgerow.ledger import Account, Ledger

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
