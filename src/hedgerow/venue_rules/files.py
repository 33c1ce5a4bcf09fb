"""Files of tables: everything that is on file of a venue, all dates together."""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.toml_file import read_toml
from hedgerow.venue_rules.schedules import (
    CurrencyUnit,
    DeliveryFee,
    FundingRule,
    PriceLimit,
    SettlementRule,
    TradedSizes,
    TradeFee,
)
from hedgerow.venue_rules.tables import MarginTable, MarginTables

VENUES: Final = ("binance", "bybit", "deribit", "derive", "dydx", "hyperliquid", "okx", "paradex")
"""Venues with tables in the package."""

_FOLDER: Final = Path(__file__).parent / "data"


class VenueTables(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of tables, all dates together.

    Parameters
    ----------
    name : str
        For people.
    fee, delivery, size, limit, funding, settlement, currency, margin : tuples
        The lines of its tables, in any order.
    """

    name: str
    fee: tuple[TradeFee, ...] = ()
    delivery: tuple[DeliveryFee, ...] = ()
    size: tuple[TradedSizes, ...] = ()
    limit: tuple[PriceLimit, ...] = ()
    funding: tuple[FundingRule, ...] = ()
    settlement: tuple[SettlementRule, ...] = ()
    currency: tuple[CurrencyUnit, ...] = ()
    margin: tuple[MarginTable, ...] = ()


@cache
def tables_of(venue: str) -> VenueTables:
    """Read the tables of a venue.

    Parameters
    ----------
    venue : str
        One of ``VENUES``.

    Returns
    -------
    VenueTables
        All dates together. [as each line]

    Raises
    ------
    InputError
        If the package has no tables of it.
    """
    if venue not in VENUES:
        raise InputError(f"no tables of a venue {venue!r}", f"use {', '.join(VENUES)}")
    tables, margins = read_toml(_FOLDER / f"{venue}.toml", VenueTables), _FOLDER / "margin" / f"{venue}.toml"
    if not margins.exists():
        return tables
    return msgspec.structs.replace(tables, margin=tables.margin + read_toml(margins, MarginTables).margin)
