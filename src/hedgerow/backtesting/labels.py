"""A label for every input of a study: recorded, derived or assumed."""

from dataclasses import dataclass

import msgspec

from hedgerow.config import QuotedLine, Study


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
        if isinstance(line, QuotedLine):
            detail = f"the price, a half-spread of {1e4 * line.half_spread:g} bp, taker fee {1e4 * line.taker_fee:g} bp"
            said.append(Input(name=f"quote of {line.name}", label="assumed", detail=detail))
        else:
            detail = f"blocks of {line.block_s:g} s, {line.gas_units:,} gas a swap, liquidity of the tick in range"
            said.append(Input(name=f"swaps of {line.name}", label="assumed", detail=detail))
    late = study.latency
    detail = f"data {late.data_ms:g} ms, orders {late.orders_ms:g} ms, reports {late.reports_ms:g} ms"
    said.append(Input(name="latency", label="assumed", detail=f"{detail}, jitter {late.jitter_ms:g} ms"))
    for currency, rate in study.rates.items():
        said.append(Input(name=f"rate of {currency}", label="assumed", detail=f"{rate:g} USD"))
    faults = {key: rate for key, rate in msgspec.structs.asdict(study.faults).items() if rate}
    if faults:
        detail = ", ".join(f"{key} {rate:g}" for key, rate in faults.items())
        said.append(Input(name="faults of messages", label="assumed", detail=detail))
    if study.liquidity:
        detail = "share L/(L + recorded) of each bar's fees, where it closes in the range; not hedged"
        said.append(Input(name="pool fees", label="assumed", detail=detail))
    if any(isinstance(line, QuotedLine) for line in study.instrument):
        said.append(Input(name="margin", label="assumed", detail="unlimited: an account may run below zero"))
    said.append(Input(name="positions, deposits", label="assumed", detail="as the study states them"))
    return said + [
        Input(name=f"vol of {option.instrument}", label="assumed", detail=f"{option.vol:.2%}, constant{_refit(study)}")
        for option in study.option
    ]


def _refit(study: Study) -> str:
    hours = study.refit.every_s / 3600.0
    return f"; hedged at the realised vol, fitted every {hours:g} h" if hours else ""
