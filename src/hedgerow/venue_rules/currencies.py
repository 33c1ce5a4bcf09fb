"""Smallest units of currencies in their own ledgers."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.toml_file import read_toml
from hedgerow.venue_rules.schedules import CurrencyUnit

_FILE: Final = Path(__file__).parent / "data" / "currencies.toml"


class CurrencyTables(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file.

    Parameters
    ----------
    currency : tuple of CurrencyUnit
        Its lines.
    """

    currency: tuple[CurrencyUnit, ...]


@cache
def currency_units() -> dict[str, CurrencyUnit]:
    """Read the smallest units of currencies.

    Returns
    -------
    dict of str to CurrencyUnit
        By ticker. [currency]
    """
    return {str(line.currency): line for line in read_toml(_FILE, CurrencyTables).currency}


def smallest_unit(currency: str) -> Decimal:
    """Return the smallest amount of a currency.

    Parameters
    ----------
    currency : str
        Its ticker.

    Returns
    -------
    Decimal
        A power of ten. [currency]

    Raises
    ------
    InputError
        If it is not on file.

    References
    ----------
    Each line of ``data/currencies.toml`` names its own.

    Examples
    --------
    >>> smallest_unit("USDC")
    Decimal('0.000001')
    """
    line = currency_units().get(currency)
    if line is None:
        raise InputError(f"the smallest unit of {currency} is not on file", f"use {', '.join(currency_units())}")
    return line.unit
