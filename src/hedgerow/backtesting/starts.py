"""What accounts start with under one policy: as the study states, as the policy does, or by a leverage."""

import math
from dataclasses import dataclass

import msgspec

from hedgerow.backtesting.holdings import price_rate, rows_in_accounts
from hedgerow.backtesting.leverages import check_leverage, haircut_of, optimal_leverage
from hedgerow.backtesting.load import Recorded
from hedgerow.book import Row, assemble, deltas_by_group, kernels
from hedgerow.config import InstrumentLine, PolicyLine, Study
from hedgerow.config.check_accounts import RICHEST
from hedgerow.config.study import contract_of
from hedgerow.core.ids import Currency
from hedgerow.engine import OpeningPosition
from hedgerow.instruments import Instrument, is_inverse

_DIGITS, _ROUNDS = 8, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How one policy begins.

    Parameters
    ----------
    study : Study
        The study with the balances that hold under this policy.
    leverage : float
        Notional of the neutral hedge over what covers its margin; NaN where balances are stated. [pure]
    levered : str
        The account whose balance the leverage sets; empty for none.
    chosen : bool
        Whether the leverage was chosen and not stated.
    liquidation_probability : float
        With which it was chosen; NaN where it was not. [probability]
    """

    study: Study
    leverage: float
    levered: str
    chosen: bool
    liquidation_probability: float


def policy_start(
    study: Study, line: PolicyLine, recorded: Recorded, rows: tuple[Row, ...], positions: tuple[OpeningPosition, ...]
) -> Start:
    """Find out what the accounts start with under one policy.

    Parameters
    ----------
    study : Study
        Balances that hold for every policy.
    line : PolicyLine
        Balances or a leverage of its own.
    recorded : Recorded
        The first price.
    rows : tuple of Row
        What is held outside of accounts. [USD terms]
    positions : tuple of OpeningPosition
        What accounts hold.

    Returns
    -------
    Start
        The study with these balances, and the leverage. [as its fields]

    Raises
    ------
    ConfigError
        If there is nothing to hedge, or no leverage can be chosen or put up.
    """
    if line.balances:
        accounts = [
            msgspec.structs.replace(item, balances=line.balances.get(item.name, item.balances))
            for item in study.account
        ]
        study = msgspec.structs.replace(study, account=tuple(accounts))
    if line.leverage is None:
        return Start(study=study, leverage=math.nan, levered="", chosen=False, liquidation_probability=math.nan)
    traded = study.traded_by(line)
    where = f"policy[{next(i for i, other in enumerate(study.policy) if other is line)}].leverage"
    contract = contract_of(study, where, traded.name)
    bare = _neutral_hedge(study, traded, recorded, rows, positions)
    if not abs(bare) > 0.0:
        raise study.error(where, "there is nothing to hedge at the first price", "state balances")
    spot, probability = float(recorded.price[0]) * price_rate(study), math.nan
    if line.leverage == "optimal":
        coins, best = bare, None
        for _ in range(_ROUNDS):  # the margin of a future grows with its size, which the collateral moves a little
            best = optimal_leverage(study, where, traded, contract, coins=coins, spot=spot)
            coins = _with_collateral(study, where, traded, contract, coins=bare, leverage=best.leverage)
        assert best is not None
        leverage, probability = best.leverage, best.probability
    else:
        leverage = line.leverage
        coins = _with_collateral(study, where, traded, contract, coins=bare, leverage=leverage)
        check_leverage(study, where, traded, contract, coins=coins, spot=spot, stated=leverage)
    balance = _put_up(study, where, traded, contract, coins=coins, spot=spot, leverage=leverage)
    own = [
        msgspec.structs.replace(item, balances={contract.settle: balance}) if item.name == traded.account else item
        for item in study.account
    ]
    return Start(
        study=msgspec.structs.replace(study, account=tuple(own)),
        leverage=leverage,
        levered=traded.account,
        chosen=line.leverage == "optimal",
        liquidation_probability=probability,
    )


def _with_collateral(
    study: Study, where: str, traded: InstrumentLine, contract: Instrument, *, coins: float, leverage: float
) -> float:
    """Return the neutral hedge with the delta of what is put up behind it.

    Coins put up are long where P&L is counted in USD, and cash is short where it is counted in coins: a hedge of h
    coins with |h|/l of them behind it is neutral at h = c - d |h|/l, where c is the hedge without and d is 1, -1 or 0.
    """
    own = float(contract.settle == study.base) - float(study.numeraire != "USD")
    share = math.copysign(own, own * coins) / (leverage * (1.0 - haircut_of(study, traded, contract)))
    if not 1.0 + share > 0.0:
        problem = f"is {leverage:g}: the {contract.settle} that it puts up moves the delta more than its hedge"
        raise study.error(where, problem, "give more than 1 over what a haircut leaves, or state balances")
    return coins / (1.0 + share)


def _put_up(
    study: Study,
    where: str,
    traded: InstrumentLine,
    contract: Instrument,
    *,
    coins: float,
    spot: float,
    leverage: float,
) -> float:
    """Return what covers the hedge at a leverage after its haircut. [settlement currency]"""
    unit = 1.0 if is_inverse(contract) else spot / study.rates.get(contract.settle, 1.0)
    balance = round(abs(coins) * unit / (leverage * (1.0 - haircut_of(study, traded, contract))), _DIGITS)
    if not 0.0 < balance <= RICHEST:
        raise study.error(where, f"asks for {balance:g} {contract.settle} behind {coins:g} coins", "state balances")
    return balance


def _neutral_hedge(
    study: Study,
    traded: InstrumentLine,
    recorded: Recorded,
    rows: tuple[Row, ...],
    positions: tuple[OpeningPosition, ...],
) -> float:
    """Return how many coins make the book neutral at the first price, its hedge's account being empty."""
    spot, everything = float(recorded.price[0]) * price_rate(study), list(rows)
    everything += rows_in_accounts(positions)
    for account in study.account:
        for currency, amount in account.balances.items():
            if account.name == traded.account:
                continue
            if currency == study.base:
                everything.append(Row(kernels.COIN, 0, "coin", None, amount))
            else:
                rate = 1.0 if currency == "USD" else study.rates[currency]
                everything.append(Row(kernels.CASH, 0, "cash", None, amount * rate))
    if not everything:
        return study.hedge.delta
    book = assemble(everything, base=Currency(study.base), spot=spot, n_group=1)
    return study.hedge.delta - float(deltas_by_group(book, numeraire=study.numeraire).sum())
