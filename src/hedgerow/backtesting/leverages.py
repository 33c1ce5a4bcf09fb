"""The leverage that a study chooses for a policy: capital costs, and so does being liquidated."""

from hedgerow.backtesting.holdings import rows_in_accounts
from hedgerow.backtesting.margins import future_row, rule_of
from hedgerow.book import assemble
from hedgerow.config import ExchangeLine, InstrumentLine, Study
from hedgerow.config.study import contract_of
from hedgerow.config.study_accounts import AccountLine
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.core.instants import YEAR_NS, seconds_ns
from hedgerow.engine import OpeningPosition
from hedgerow.instruments import Future, Instrument, Perpetual, is_inverse
from hedgerow.margin import Requirement
from hedgerow.margin.leverage import BestLeverage, best_leverage


def optimal_leverage(
    study: Study, where: str, traded: InstrumentLine, contract: Instrument, *, coins: float, spot: float
) -> BestLeverage:
    """Choose the leverage of a hedge that is held to the horizon.

    Parameters
    ----------
    study : Study
        Its table ``[margin]``.
    where : str
        The key that asks for it.
    traded : InstrumentLine
        The hedge, and its account.
    contract : Instrument
        The same as a contract.
    coins : float
        The neutral hedge at the first price, bought > 0. [coins]
    spot : float
        The first price. [USD per coin]

    Returns
    -------
    BestLeverage
        The one that costs least, over what covers margin, and with which probability it is liquidated. [as its
        fields]

    Raises
    ------
    ConfigError
        If the margin rule does not cover the hedge, or a number of ``[margin]`` is missing.

    References
    ----------
    Alexander, Deng, Zou (2023), EJOR 306:478, doi 10.1016/j.ejor.2022.07.037.
    """
    terms, account = study.margin, study.account_named(traded.account)
    if terms.vol is None:
        raise study.error("margin.vol", "is missing", "state the vol of the coin")
    horizon = terms.horizon_s
    years = (study.end_ns - study.start_ns if horizon is None else seconds_ns(horizon)) / YEAR_NS
    try:
        needed = _needed(study, account, contract, coins=coins, spot=spot)
        notional = abs(coins) * spot
        return best_leverage(
            vol=terms.vol,
            years=years,
            maintenance=needed.maintenance / notional,
            capital_rate=terms.capital_cost,
            liquidation_loss=terms.liquidation_cost,
            short=coins < 0.0,
            inverse=is_inverse(contract),
            highest=min(terms.highest_leverage, notional / needed.initial),
            haircut=haircut_of(study, traded, contract),
        )
    except InputError as error:
        raise study.error(where, error.problem, error.advice) from None


def check_leverage(
    study: Study, where: str, traded: InstrumentLine, contract: Instrument, *, coins: float, spot: float, stated: float
) -> None:
    """Refuse a leverage at which the margin rule would not let the hedge be opened.

    Parameters
    ----------
    study : Study
        Its accounts.
    where : str
        The key that states it.
    traded : InstrumentLine
        The hedge, and its account.
    contract : Instrument
        The same as a contract.
    coins : float
        The neutral hedge at the first price, bought > 0. [coins]
    spot : float
        The first price. [USD per coin]
    stated : float
        Notional over what covers margin. [pure]

    Raises
    ------
    ConfigError
        If the initial margin of the hedge is above what covers it, or the rule does not cover it.
    """
    account = study.account_named(traded.account)
    try:
        most = abs(coins) * spot / _needed(study, account, contract, coins=coins, spot=spot).initial
    except InputError as error:
        raise study.error(f"account[{study.account.index(account)}].rule", error.problem, error.advice) from None
    if stated > most:
        problem = f"is {stated:g}, and {account.rule} opens a hedge of this size at {most:,.4g} at most"
        raise study.error(where, problem, "give less: at the most no cent is left for fees and moves of the price")


def haircut_of(study: Study, traded: InstrumentLine, contract: Instrument) -> float:
    """Return how much of the collateral behind a hedge does not count: it is put up in the settlement currency.

    Parameters
    ----------
    study : Study
        Its accounts.
    traded : InstrumentLine
        The hedge, and its account.
    contract : Instrument
        The same as a contract.

    Returns
    -------
    float
        Of cash that has no haircut of its own that of USD. [fraction]

    Raises
    ------
    ConfigError
        If nothing of it counts.
    """
    account = study.account_named(traded.account)
    own = contract.settle in account.haircuts or contract.settle == study.base
    name = contract.settle if own else "USD"
    share = account.haircuts.get(name, 0.0)
    if share >= 1.0:
        where = f"account[{study.account.index(account)}].haircuts.{name}"
        problem = f"is {share:g}, so no {contract.settle} that a leverage puts up would cover margin"
        raise study.error(where, problem, "give less than 1, or state balances in the place of the leverage")
    return share


def check_covered(study: Study, spot: float, positions: tuple[OpeningPosition, ...]) -> None:
    """Refuse accounts whose margin rule has no figures for what they hold or trade.

    Parameters
    ----------
    study : Study
        Its accounts and instruments.
    spot : float
        The first price. [USD per coin]
    positions : tuple of OpeningPosition
        What accounts hold.

    Raises
    ------
    ConfigError
        At the account's rule.
    """
    for i, account in enumerate(study.account):
        if not account.rule:
            continue
        rows = rows_in_accounts(item for item in positions if item.account == account.name)
        traded = [line for line in study.instrument if line.account == account.name and isinstance(line, ExchangeLine)]
        contracts = [contract_of(study, "instrument", line.name) for line in traded]
        hedges = [future_row(contract, 1.0, spot) for contract in contracts if isinstance(contract, Perpetual | Future)]
        rule = rule_of(study, account)
        try:
            for row in (*rows, *hedges):
                rule.requirement(assemble([row], base=Currency(study.base), spot=spot, n_group=1))
        except InputError as error:
            raise study.error(f"account[{i}].rule", error.problem, error.advice) from None


def _needed(study: Study, account: AccountLine, contract: Instrument, *, coins: float, spot: float) -> Requirement:
    """Return the margin of a hedge that stands alone. [USD]"""
    book = assemble([future_row(contract, coins, spot)], base=Currency(study.base), spot=spot, n_group=1)
    return rule_of(study, account).requirement(book)
