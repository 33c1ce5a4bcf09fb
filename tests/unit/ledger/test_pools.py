"""Pool positions: what goes in, what is owed, what comes back."""

from decimal import Decimal

import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.money import Money
from hedgerow.ledger import Account, Ledger, add_liquidity, collect_fees, earn_fees, open_pool, remove_liquidity


def eth(amount: str) -> Money:
    return Money.of(amount, "ETH")


def usdc(amount: str) -> Money:
    return Money.of(amount, "USDC")


FUNDED = Account().deposit(eth("10")).deposit(usdc("20000"))


def test_the_life_of_a_position() -> None:
    account = add_liquidity(FUNDED, "range", [eth("2"), usdc("4000")])
    assert (account.balance("ETH"), account.balance("USDC")) == (eth("8"), usdc("16000"))
    account = earn_fees(account, "range", [eth("0.01"), usdc("25")])
    assert account.balance("ETH") == eth("8")  # owed is not cash
    assert Ledger().put("wallet", account).owed("USDC") == usdc("25")
    account = collect_fees(account, "range", [usdc("10")])
    assert account.flow("USDC", "pool_fees") == usdc("10")
    account = collect_fees(account, "range")
    assert account.flow("USDC", "pool_fees") == usdc("25")
    assert account.flow("ETH", "pool_fees") == eth("0.01")
    account = remove_liquidity(account, "range", [eth("1.5"), usdc("5100")], last=True)
    assert account.pools == {}
    assert account.flow("ETH", "pool") == eth("-0.5")
    assert account.flow("USDC", "pool") == usdc("1100")
    assert account.balance("USDC") == usdc("21125")


def test_a_part_may_come_back() -> None:
    account = add_liquidity(FUNDED, "range", [eth("2")])
    account = remove_liquidity(account, "range", [eth("0.5")], last=False)
    assert dict(account.pools["range"].paid_in) == {"ETH": Decimal("1.5")}


def test_a_position_that_was_there_before_moves_no_cash() -> None:
    account = open_pool(Account(), "range", [eth("2"), usdc("4000")], [usdc("7")])
    assert account.currencies == ()
    assert dict(account.pools["range"].paid_in) == {"ETH": Decimal(2), "USDC": Decimal(4000)}
    assert collect_fees(account, "range").balance("USDC") == usdc("7")
    with pytest.raises(InputError, match="the account has a pool position range"):
        open_pool(account, "range", [eth("1")])


def test_what_is_not_there_cannot_go_in_unless_it_may_be_borrowed() -> None:
    with pytest.raises(
        InputError, match="11 ETH to be spent of a balance of 10 ETH, in an account that may not borrow"
    ):
        add_liquidity(FUNDED, "range", [eth("11")])
    lent = Account(may_borrow=True).deposit(eth("10"))
    assert add_liquidity(lent, "range", [eth("11")]).balance("ETH") == eth("-1")


def test_no_more_is_collected_than_is_owed() -> None:
    account = earn_fees(add_liquidity(FUNDED, "range", [eth("2")]), "range", [eth("0.01")])
    with pytest.raises(InputError, match=r"range owes 0\.01 ETH, 0\.02 ETH are to be collected"):
        collect_fees(account, "range", [eth("0.02")])
    with pytest.raises(InputError, match="range owes 0 USDC"):
        collect_fees(account, "range", [usdc("1")])
    with pytest.raises(InputError, match=r"range ends and owes 0\.01 ETH; collect its fees first"):
        remove_liquidity(account, "range", [eth("2")], last=True)


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_amounts_are_positive(amount: str) -> None:
    account = add_liquidity(FUNDED, "range", [eth("2")])
    with pytest.raises(InputError, match="positive"):
        add_liquidity(account, "range", [eth(amount)])
    with pytest.raises(InputError, match="positive"):
        earn_fees(account, "range", [eth(amount)])
    with pytest.raises(InputError, match="positive"):
        collect_fees(account, "range", [eth(amount)])
    with pytest.raises(InputError, match="positive"):
        remove_liquidity(account, "range", [eth(amount)], last=False)


def test_an_unknown_position_is_named() -> None:
    account = add_liquidity(FUNDED, "range", [eth("2")])
    with pytest.raises(InputError, match="no pool position rnge; its positions: range"):
        earn_fees(account, "rnge", [eth("1")])
    with pytest.raises(InputError, match="no pool position rnge; its positions: range"):
        collect_fees(account, "rnge")
    with pytest.raises(InputError, match="no pool position rnge; its positions: range"):
        remove_liquidity(account, "rnge", [eth("1")], last=False)
    with pytest.raises(InputError, match="its positions: none"):
        collect_fees(FUNDED, "range")
