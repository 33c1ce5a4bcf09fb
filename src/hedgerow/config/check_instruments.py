"""Rules of a study file about what may be traded and how long messages take; none needs data."""

from itertools import pairwise
from typing import Final

from hedgerow.config.study import Study
from hedgerow.config.study_instruments import BookLine, ExchangeLine, GasBid, InstrumentLine, PoolLine, QuotedLine
from hedgerow.core.toml_words import nearest
from hedgerow.venue_rules import VENUES

_MOST: Final = 1e9
_MOST_GWEI: Final = 1e9


def check_latency(study: Study) -> None:
    """Refuse delays that cannot be, and those that stand beside another statement of the same.

    Parameters
    ----------
    study : Study
        The whole file.

    Raises
    ------
    ConfigError
        Naming file, line, field and remedy.
    """
    late = study.latency
    for key in ("data", "orders", "reports"):
        delay = getattr(late, key)
        if delay is None:
            continue
        if found := delay.problem():
            value = getattr(delay, found[0])
            raise study.error(f"latency.{key}.{found[0]}", f"cannot be {value}", found[1])
        if getattr(late, f"{key}_ms"):
            raise study.error(f"latency.{key}_ms", f"stands beside latency.{key}", "keep one of them")
    if late.jitter_ms and None not in (late.data, late.orders, late.reports):
        raise study.error("latency.jitter_ms", "is of no use: every delay has its distribution", "remove it")
    if late.mean_data_ms * 1e-3 >= study.hedge.max_quote_age_s:
        raise study.error("hedge.max_quote_age_s", "is shorter than data travel", "give quotes longer")


def check_instrument(study: Study, i: int, line: InstrumentLine) -> None:
    """Refuse an instrument that cannot be traded.

    Parameters
    ----------
    study : Study
        The whole file.
    i : int
        Which instrument. [0-based]
    line : InstrumentLine
        The instrument.

    Raises
    ------
    ConfigError
        Naming file, line, field and remedy.
    """
    where = f"instrument[{i}]"
    if line.account not in [account.name for account in study.account]:
        raise study.error(f"{where}.account", f"no account is called {line.account!r}", "add an [[account]]")
    if [other.name for other in study.instrument].index(line.name) != i:
        raise study.error(f"{where}.name", f"names {line.name} twice", "keep one of them")
    if not 1.0 / _MOST <= line.lot <= _MOST:
        raise study.error(f"{where}.lot", f"is {line.lot:g}", f"give contracts from {1.0 / _MOST:g} to {_MOST:g}")
    _check_numbers(study, where, line)
    if isinstance(line, PoolLine):
        _check_chain(study, where, line)
        return
    if study.latency.mean_orders_ms * 1e-3 >= study.hedge.order_timeout_s:
        raise study.error("hedge.order_timeout_s", "is shorter than orders travel", "give them longer")
    _check_exchange(study, where, line)
    if isinstance(line, QuotedLine) and line.displayed and line.displayed < line.lot:
        raise study.error(f"{where}.displayed", f"is {line.displayed:g}", "give at least one lot, zero for any size")
    if isinstance(line, BookLine):
        _check_book(study, where, line)


def _check_numbers(study: Study, where: str, line: InstrumentLine) -> None:
    for key in ("half_spread", "taker_fee", "max_slippage", "price_limit", "funding_cap"):
        share = getattr(line, key, None)
        if share is not None and not 0.0 <= share < 1.0:
            raise study.error(f"{where}.{key}", f"is {share:g}", "it is a fraction: write 0.0005 for 0.05 %")
    for key in ("tick", "depth_unit"):
        step = getattr(line, key, None)
        if step is not None and not 1.0 / _MOST <= step <= _MOST:
            raise study.error(f"{where}.{key}", f"is {step:g}", f"give {1.0 / _MOST:g} to {_MOST:g}")


def _check_exchange(study: Study, where: str, line: ExchangeLine) -> None:
    known = [*VENUES]
    if line.rules and line.rules not in known:
        advice = f"there is {', '.join(known)}{nearest(line.rules, known)}"
        raise study.error(f"{where}.rules", f"no tables of {line.rules!r} are on file", advice)
    if line.taker_fee is None and not line.rules:
        advice = 'state it, or name the venue whose tables hold it: rules = "deribit"'
        raise study.error(f"{where}.taker_fee", "is missing", advice)
    if line.fee_tier and not line.rules:
        raise study.error(f"{where}.fee_tier", "stands without rules", 'name the venue: rules = "deribit"')
    if line.fee_tier and line.taker_fee is not None:
        raise study.error(f"{where}.fee_tier", "stands beside taker_fee", "keep one of them")
    if line.maker_fee is not None and not -1.0 < line.maker_fee < 1.0:
        raise study.error(f"{where}.maker_fee", f"is {line.maker_fee:g}", "it is a fraction, negative for a rebate")
    _check_funding(study, where, line)


def _check_funding(study: Study, where: str, line: ExchangeLine) -> None:
    if line.funding == "rule":
        if not line.rules:
            raise study.error(f"{where}.funding", "stands without rules", 'name the venue: rules = "deribit"')
        if study.data.index is None:
            advice = "name [data.index]: the premium is that of the market over it"
            raise study.error(f"{where}.funding", "has no index", advice)
    elif line.funding_cap is not None:
        raise study.error(f"{where}.funding_cap", "stands alone", 'it belongs to funding = "rule"')


def _check_book(study: Study, where: str, line: BookLine) -> None:
    if line.post and line.maker_fee is None and not line.rules:
        advice = "state what those pay who wait; negative for a rebate"
        raise study.error(f"{where}.maker_fee", "is missing beside post = true", advice)
    if line.post and line.max_slippage is not None:
        advice = "orders that wait do so at the touch: remove one of them"
        raise study.error(f"{where}.max_slippage", "stands beside post = true", advice)


def _check_chain(study: Study, where: str, line: PoolLine) -> None:
    if study.data.pool is None:
        raise study.error(f"{where}.venue", "there is no pool to swap in", "name [data.pool]")
    if study.data.gas is None and study.data.gas_gwei is None:
        raise study.error(f"{where}.venue", "the price of gas is not known", "name [data.gas], or state gas_gwei")
    if not 1e-3 <= line.block_s <= 1e6:
        raise study.error(f"{where}.block_s", f"is {line.block_s:g}", "give seconds from 0.001 to 1e6")
    if not 0 <= line.gas_units <= 10**9:
        raise study.error(f"{where}.gas_units", f"is {line.gas_units}", "give the gas of one swap, for example 107000")
    if study.latency.mean_orders_ms * 1e-3 + line.block_s >= study.hedge.order_timeout_s:
        raise study.error("hedge.order_timeout_s", "is shorter than the way into a block", "give orders longer")
    if line.gas is not None:
        _check_gas(study, f"{where}.gas", line.gas, line.gas_units)


def _check_gas(study: Study, where: str, bid: GasBid, gas_units: int) -> None:
    if not 0.0 <= bid.priority_gwei <= _MOST_GWEI:
        raise study.error(f"{where}.priority_gwei", f"is {bid.priority_gwei:g}", f"give 0 to {_MOST_GWEI:g} gwei")
    if not 0.0 < bid.max_fee_gwei <= _MOST_GWEI:
        raise study.error(f"{where}.max_fee_gwei", f"is {bid.max_fee_gwei:g}", f"give up to {_MOST_GWEI:g} gwei")
    if bid.priority_gwei > bid.max_fee_gwei:
        problem = f"is above max_fee_gwei of {bid.max_fee_gwei:g}"
        raise study.error(f"{where}.priority_gwei", problem, "the most for base fee and priority holds both")
    if not 0 < bid.revert_units <= gas_units:
        problem = f"is {bid.revert_units}"
        raise study.error(f"{where}.revert_units", problem, f"give 1 to {gas_units:,}, the gas of a swap")
    steps = bid.inclusion
    rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(steps))
    if not (steps and rising and steps[0][0] >= 0.0 and steps[0][1] >= 0.0 and 0.0 < steps[-1][1] <= 1.0):
        advice = "give pairs of gwei and probability, both rising: [[0.0, 0.9], [2.0, 1.0]]"
        raise study.error(f"{where}.inclusion", "cannot be", advice)
