"""Named moves of the past: what the spot did, and what the vols did or are taken to have done.

Spots: the largest fall between two closes of hourly bars at most 24 hours apart, of which at least one lies on the day
named (Binance USDT perpetuals, data set of ``mainstar123/SN123``, MIT). A close is final at the end of its bar.

Vols: for ETH on 2024-08-05 the rise of Deribit's 30-day vol index DVOL, from its value at the start of that window to
its highest hourly value within (data set of ``panoptic-labs/research``, MIT). No index covers the other moves. There
the rise is **assumed**: the rise of realised vol, that of the last 24 hours less that of the 30 days before the window,
times what DVOL moved per unit of that rise on 2024-08-05. Skew and basis are assumed to stay, and no time passes.

All figures are printed by ``tools/stress_moves.py``.
"""

from dataclasses import dataclass
from typing import Final

from hedgerow.book.scenarios import Scenarios, make_scenarios
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency

RECORDED: Final = "recorded"
ASSUMED: Final = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stress:
    """One named move of one coin.

    Parameters
    ----------
    name : str
        The day.
    base : str
        The coin.
    start, end : str
        Window of the spot's move. [ISO 8601 UTC]
    spot : float
        Spot at its end over spot at its start, recorded. [pure]
    vol : float
        Added to the vol of a 30-day expiry. [vol per square root of a year]
    vol_source : str
        ``recorded`` or ``assumed``.
    """

    name: str
    base: Currency
    start: str
    end: str
    spot: float
    vol: float
    vol_source: str


_BTC, _ETH = Currency("BTC"), Currency("ETH")


def _stress(base: Currency, start: str, end: str, name: str, spot: float, vol: float, source: str) -> Stress:
    return Stress(
        name=name, base=base, start=f"{start}:00:00Z", end=f"{end}:00:00Z", spot=spot, vol=vol, vol_source=source
    )


STRESSES: Final[tuple[Stress, ...]] = (
    _stress(_BTC, "2020-03-12T02", "2020-03-13T02", "2020-03-12", 0.5264, 0.7031, ASSUMED),
    _stress(_ETH, "2020-03-12T02", "2020-03-13T02", "2020-03-12", 0.5168, 0.7028, ASSUMED),
    _stress(_BTC, "2021-05-18T13", "2021-05-19T13", "2021-05-19", 0.7971, 0.1864, ASSUMED),
    _stress(_ETH, "2021-05-19T01", "2021-05-20T01", "2021-05-19", 0.6648, 0.4613, ASSUMED),
    _stress(_BTC, "2024-08-04T13", "2024-08-05T13", "2024-08-05", 0.8158, 0.1330, ASSUMED),
    _stress(_ETH, "2024-08-04T13", "2024-08-05T13", "2024-08-05", 0.7623, 0.2526, RECORDED),
)
"""The table of ``tools/stress_moves.py``, figures rounded to 1e-4."""


def stresses_of(base: str) -> tuple[Stress, ...]:
    """Return the named moves of one coin.

    Parameters
    ----------
    base : str
        Ticker of the coin.

    Returns
    -------
    tuple of Stress
        In order of time; empty for a coin without any. [as its fields]
    """
    return tuple(stress for stress in STRESSES if stress.base == base)


def stress_scenarios(base: str, *, vol_term_exponent: float = 0.5) -> tuple[tuple[str, ...], Scenarios]:
    """Return the named moves of one coin as scenarios.

    Parameters
    ----------
    base : str
        Ticker of the coin.
    vol_term_exponent : float
        How the move of the 30-day vol spreads to other expiries; assumed, as in ``RiskSettings``. [pure]

    Returns
    -------
    tuple of (tuple of str, Scenarios)
        Names, and the moves in the same order. [as the fields of Scenarios]

    Raises
    ------
    InputError
        If there are none for the coin.

    Examples
    --------
    >>> names, moves = stress_scenarios("BTC")
    >>> names[0], float(moves.spot[0])
    ('2020-03-12', 0.5264)
    """
    found = stresses_of(base)
    if not found:
        known = ", ".join(dict.fromkeys(stress.base for stress in STRESSES))
        raise InputError(f"no named moves of {base} are on file", f"use {known}, or make your own with make_scenarios")
    moves = make_scenarios(
        spot=[stress.spot for stress in found],
        vol=[stress.vol for stress in found],
        vol_term_exponent=vol_term_exponent,
    )
    return tuple(stress.name for stress in found), moves
