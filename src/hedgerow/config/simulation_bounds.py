"""Between which sizes the numbers of a study on simulated paths make sense; beyond them arithmetic ends."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from hedgerow.config.simulation import SimulationStudy
from hedgerow.core.toml_file import LARGEST, numbers_in

LARGEST_VOL: Final = 10.0
"""A vol above this is a percentage by mistake. [fraction per square root of a year]"""


class Bounds(NamedTuple):
    """The least and the largest size of a number.

    Parameters
    ----------
    least, most : float
        Of its absolute value; zero has rules of its own. [as the number]
    advice : str
        What to write instead.
    """

    least: float
    most: float
    advice: str


_PRICE: Final = Bounds(1e-12, 1e12, "give a price from 1e-12 to 1e12; of a coin that costs less count a million")
_DAYS: Final = Bounds(1e-5, 36_525.0, "give from a second to a hundred years, in days")
_YEAR: Final = Bounds(1.0, 1e3, "give the days of a year, 365 or 250 say")
_VOL: Final = Bounds(1e-4, LARGEST_VOL, "it is a fraction: write 0.65 for 65 %, and at least 0.0001")
_AMOUNT: Final = Bounds(1e-12, 1e12, "give an amount from 1e-12 to 1e12")

BOUNDS: Final[Mapping[str, Bounds]] = {
    "market.spot": _PRICE,
    "option.strike": _PRICE,
    "position.strike": _PRICE,
    "position.lower": _PRICE,
    "position.upper": _PRICE,
    "option.expiry_days": _DAYS,
    "position.expiry_days": _DAYS,
    "hedge.horizon_days": _DAYS,
    "option.days_per_year": _YEAR,
    "hedge.days_per_year": _YEAR,
    "model.sigma": _VOL,
    "model.vol": _VOL,
    "model.vol0": _VOL,
    "hedge.vol": _VOL,
    "option.quantity": _AMOUNT,
    "position.quantity": _AMOUNT,
    "position.liquidity": _AMOUNT,
}
"""By field, numbers of tables left out."""


def check_sizes(study: SimulationStudy, content: Mapping[str, Any]) -> None:
    """Refuse numbers that are out of all proportion.

    Parameters
    ----------
    study : SimulationStudy
        The study.
    content : dict
        The same as plain tables.

    Raises
    ------
    ConfigError
        If a number is not finite, or its size is outside of its bounds.
    """
    for field, value in numbers_in(content):
        if not abs(value) <= LARGEST:
            raise study.error(field, f"is {value:g}", f"give a finite number, of at most {LARGEST:g}")
        table, _, key = field.rpartition(".")
        bounds = BOUNDS.get(f"{table.partition('[')[0]}.{key}")
        if bounds is not None and value != 0.0 and not bounds.least <= abs(value) <= bounds.most:
            raise study.error(field, f"is {value:g}", bounds.advice)
