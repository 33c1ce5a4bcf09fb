"""A label for every input of a study: recorded, derived or assumed."""

from dataclasses import dataclass

import msgspec

from hedgerow.backtesting.margins import steps_of
from hedgerow.config import BookLine, ExchangeLine, PoolLine, QuotedLine, Study
from hedgerow.config.study import contract_of
from hedgerow.config.study_tables import Latency
from hedgerow.core.instants import from_datetime, to_iso
from hedgerow.instruments import EuropeanOption


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Where something comes from.

    Parameters
    ----------
    name : str
        For example ``price``.
    label : str
        ``recorded``, ``derived`` or ``assumed``.
    detail : str
        For people. [text]
    rows : int
        How many. [count]
    """

    name: str
    label: str
    detail: str
    rows: int = 0


def assumptions(study: Study) -> list[Input]:
    """Label what no data hold.

    Parameters
    ----------
    study : Study
        States it.

    Returns
    -------
    list of Input
        Quotes, swaps, latency, rates and vols. [as each says]
    """
    said = []
    for line in study.instrument:
        said += _swaps(line) if isinstance(line, PoolLine) else _trades(line)
    said.append(Input(name="latency", label="assumed", detail=_latency(study.latency)))
    if study.transfer:
        fees = ", ".join(f"{fee:g} {name}" for name, fee in study.transfer_fees.items()) or "none"
        detail = (
            f"{len(study.transfer)}, as the study states them; {study.latency.transfer_s:g} s on their way, fee {fees}"
        )
        said.append(Input(name="transfers", label="assumed", detail=detail))
    for currency, rate in study.rates.items():
        said.append(Input(name=f"rate of {currency}", label="assumed", detail=f"{rate:g} USD"))
    faults = {key: rate for key, rate in msgspec.structs.asdict(study.faults).items() if rate}
    if faults:
        detail = ", ".join(f"{key} {rate:g}" for key, rate in faults.items())
        said.append(Input(name="faults of messages", label="assumed", detail=detail))
    if study.liquidity:
        detail = "share L/(L + recorded) of each bar's fees, where it closes in the range; not hedged"
        said.append(Input(name="pool fees", label="assumed", detail=detail))
    said += _margin(study)
    said.append(Input(name="positions, deposits", label="assumed", detail="as the study states them"))
    for i, option in enumerate(study.option):
        detail = f"{option.vol:.2%}, constant{_refit(study)}"
        said.append(Input(name=f"vol of {option.instrument}", label="assumed", detail=detail))
        if option.delivery_price is not None:
            contract = contract_of(study, f"option[{i}].instrument", option.instrument)
            late = isinstance(contract, EuropeanOption) and contract.expiry_ns > study.end_ns
            detail = f"{option.delivery_price:,.2f}, stated{'; not used: it expires after the end' if late else ''}"
            said.append(Input(name=f"delivery of {option.instrument}", label="assumed", detail=detail))
    return said


def _swaps(line: PoolLine) -> list[Input]:
    detail = f"blocks of {line.block_s:g} s, {line.gas_units:,} gas a swap, liquidity of the tick in range"
    if line.gas is not None:
        detail += f"; bids {line.gas.priority_gwei:g} gwei of priority, at most {line.gas.max_fee_gwei:g} gwei"
    return [Input(name=f"swaps of {line.name}", label="assumed", detail=detail)]


def _trades(line: ExchangeLine) -> list[Input]:
    """Say at what prices takers trade and what they pay for it."""
    fee = f"taker fee {1e4 * line.taker_fee:g} bp" if line.taker_fee is not None else _tier(line)
    if isinstance(line, QuotedLine):
        detail = f"the price, a half-spread of {1e4 * line.half_spread:g} bp, {fee}"
        said = [Input(name=f"quote of {line.name}", label="assumed", detail=detail)]
    else:
        detail = f"{fee}; our orders do not move the record"
        if isinstance(line, BookLine) and line.post:
            detail += f"; they wait in a {line.queue} queue"
        said = [Input(name=f"trades of {line.name}", label="assumed", detail=detail)]
    if line.funding == "rule":
        cap = "" if line.funding_cap is None else f", cap {line.funding_cap:.4%}"
        detail = f"by the rule of {line.rules} on the market over the index{cap}"
        said.append(Input(name=f"funding of {line.name}", label="derived", detail=detail))
    return said


def _tier(line: ExchangeLine) -> str:
    return f"fees of {line.rules}, tier {line.fee_tier or 'base'}"


def _latency(late: Latency) -> str:
    """Say how long messages take on the average, and how that is spread."""
    parts = []
    for key in ("data", "orders", "reports"):
        delay = getattr(late, key)
        if delay is None:
            parts.append(f"{key} {getattr(late, f'{key}_ms'):g} ms")
        else:
            parts.append(f"{key} {delay.__struct_config__.tag}, mean {delay.mean_ms:g} ms")
    return f"{', '.join(parts)}, jitter {late.jitter_ms:g} ms"


def _margin(study: Study) -> list[Input]:
    """Say which accounts are watched; a perpetual's account that is not may run below zero."""
    said, terms = [], study.margin
    for account in study.account:
        if account.rule:
            rules_at = to_iso(from_datetime(terms.rules_at or study.start))[:10]
            detail = f"{account.rule}, as on file for {rules_at}; held against every recorded price of the coin"
            whole = steps_of(study, account) is None
            detail += "; liquidated "
            detail += "whole, its venue's steps are not on file" if whole else "as its venue's table says"
            if account.rule == "paradex":
                detail += f"; {account.funding_8h or 0.0:.4%} of funding set aside for 8 hours"
            if terms.liquidation_fee is not None:
                detail += f"; a liquidation costs {1e4 * terms.liquidation_fee:g} bp"
            said.append(Input(name=f"margin of {account.name}", label="assumed", detail=detail))
    unwatched = {account.name for account in study.account if not account.rule}
    if any(isinstance(line, ExchangeLine) and line.account in unwatched for line in study.instrument):
        said.append(Input(name="margin", label="assumed", detail="unlimited: an account may run below zero"))
    if terms.vol is not None:
        horizon = "the study" if terms.horizon_s is None else f"{terms.horizon_s / 86_400.0:g} days"
        detail = f"vol {terms.vol:.2%} over {horizon}, capital {terms.capital_cost:.2%} a year"
        detail += f", a liquidation {terms.liquidation_cost:.2%} of the notional"
        said.append(Input(name="choice of leverage", label="assumed", detail=detail))
    return said


def _refit(study: Study) -> str:
    hours = study.refit.every_s / 3600.0
    return f"; hedged at the realised vol, fitted every {hours:g} h" if hours else ""
