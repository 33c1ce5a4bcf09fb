"""What a venue charges and demands, as text and for machines."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from hedgerow.core.instants import to_iso
from hedgerow.core.money import exact
from hedgerow.report.layout import line, table
from hedgerow.report.text import printable
from hedgerow.venue_rules import ContractLine, Line, TradedSizes, TradeFee, VenueRules

_TITLES: Final = {
    "fee": "Trading fees, share of the notional",
    "delivery": "Delivery fees, share of the notional",
    "size": "Price steps and quantities",
    "limit": "Price limits",
    "funding": "Funding of perpetuals",
    "settlement": "Settlement",
    "currency": "Smallest units",
    "margin": "Margin",
}
_STATED: Final = ("valid_from", "valid_until", "source", "kinds", "bases", "settles", "period", "coins", "settlement")
"""Keys of a line that say what it is for; the others are its figures."""


_NOTIONAL: Final = "fraction of the notional"
_SHARE: Final = "fraction"
_STEPS: Final = {"above": "as quoted", "tick": "as quoted"}
_VOLS: Final = {"short_power": "pure", "long_power": "pure", "day_floor": "days", "least_up": "vol"}
_SHOCK: Final = {"spot": _SHARE, "vol": _SHARE, "weight": _SHARE}
UNITS: Final[dict[str, dict[str, Any]]] = {
    "fee": {
        "maker": _NOTIONAL,
        "taker": _NOTIONAL,
        "premium_cap": "fraction of the premium",
        "volume": "USD",
        "volume_days": "days",
    },
    "delivery": {"rate": _NOTIONAL, "value_cap": "fraction of what the option pays"},
    "size": {
        "tick": "as quoted",
        "steps": _STEPS,
        "contract_size": "quote when inverse and no option, else base",
        "lot": "contracts",
    },
    "limit": {"width": "fraction of the mark"},
    "funding": {
        "period_hours": "hours",
        "interval_hours": "hours",
        "damper": "fraction per period",
        "interest": "fraction per period if interest_clamped, fraction per hour if interest_added",
        "cap": "fraction per period",
        "interval_cap": _SHARE,
    },
    "settlement": {"hour_utc": "hours", "window_minutes": "minutes"},
    "currency": {"decimals": "count"},
    "listing": {
        "maker": _NOTIONAL,
        "taker": _NOTIONAL,
        "tick": "as quoted",
        "steps": _STEPS,
        "contract_size": "quote when inverse and no option, else base",
        "lot": "contracts",
    },
    "margin": {
        "futures": {
            **dict.fromkeys(("initial", "maintenance"), _NOTIONAL),
            **dict.fromkeys(("initial_per_coin", "maintenance_per_coin"), "fraction per coin"),
            "largest": "coins",
        },
        "options": {
            **dict.fromkeys(("start", "least", "call", "put"), "fraction of the index"),
            "put_mark": "fraction of the mark",
            **dict.fromkeys(("put_over_maintenance", "factor"), "pure"),
            "largest": "coins",
            **dict.fromkeys(("unpaired_initial", "unpaired_maintenance"), "fraction of the forward"),
        },
        "grid": {
            **dict.fromkeys(("price_range", "vol_up", "vol_down", "extended"), _SHARE),
            "buckets": "count",
            "vols": _VOLS,
            "extended_factor": "pure",
            **dict.fromkeys(("dampener", "delta_threshold"), "USD"),
            "roll_rate": "fraction per year",
            "delta_per_coin": "fraction per coin",
            **dict.fromkeys(("least_roll", "largest_delta_shock", "maintenance"), _SHARE),
        },
        "scan": {
            "scenarios": _SHOCK,
            "vols": _VOLS,
            **dict.fromkeys(("net_delta", "hedged_delta", "maintenance"), _SHARE),
            "fee": _NOTIONAL,
            "fee_cap": "fraction of the mark",
        },
        "contingency": {
            "scenarios": _SHOCK,
            "vols": _VOLS,
            **dict.fromkeys(("initial", "maintenance", "gain_share", "basis_move", "basis_share", "skew_cap"), _SHARE),
            **dict.fromkeys(("gain_rate", "basis_per_year"), "fraction per year"),
            "skew_cap_per_root_year": "fraction per square root of a year",
            **dict.fromkeys(("skew_width", "skew_least_width"), "pure"),
            **dict.fromkeys(("perpetual_initial", "perpetual_maintenance"), _NOTIONAL),
            **dict.fromkeys(("option_initial", "option_maintenance"), "fraction of the index"),
        },
        "liquidation": {
            "futures_step": "USD of notional",
            "option_step": "coins",
            **dict.fromkeys(("futures_fee", "option_fee"), _NOTIONAL),
        },
    },
}
"""Unit of every figure by table and name, of margin by rule as well. [text]"""


def venue_dict(rules: VenueRules) -> dict[str, Any]:
    """Return the tables of a venue for machines: what ``hedgerow venue show --json`` prints.

    Parameters
    ----------
    rules : VenueRules
        The tables.

    Returns
    -------
    dict
        Lines by table; decimals are texts, so that nothing is rounded. [as its ``units`` say]
    """
    tables = {name: [_plain(one) for one in getattr(rules.tables, name)] for name in _TITLES}
    listed = {str(name): _plain(one) for name, one in rules.listing.items()}
    head = {"venue": rules.venue, "name": rules.name, "at": to_iso(rules.at_ns), "units": UNITS}
    return {**head, **tables, "listing": listed}


def _plain(one: msgspec.Struct) -> Any:
    found = _exact(msgspec.to_builtins(one))
    tag = one.__struct_config__.tag
    return {"rule": tag, **found} if tag and "rule" not in found else found


def _exact(value: Any) -> Any:
    """Write every fraction as the text of its decimal, as the tables state it; whole numbers stay what they are."""
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(item) for item in value]
    return f"{exact(value).normalize() + 0:f}" if isinstance(value, float) else value


def venue_view(rules: VenueRules) -> RenderableType:
    """Compose the tables of a venue.

    Parameters
    ----------
    rules : VenueRules
        The tables.

    Returns
    -------
    rich renderable
        One table for each kind of figure, the newest first; what is not on file is named. [as each line]
    """
    newest = max((one.valid_from for name in _TITLES for one in getattr(rules.tables, name)), default=None)
    since = "nothing is on file" if newest is None else f"the newest figure on file holds from {newest}"
    head = Text(f"{rules.name}  as of {to_iso(rules.at_ns)[:10]}: {since}\n", style="bold")
    parts: list[RenderableType] = [head]
    missing = []
    for name, title in _TITLES.items():
        lines: Sequence[Line] = getattr(rules.tables, name)
        if not lines:
            missing.append(title.partition(",")[0].lower())
            continue
        shown = table(title, "for", "figures", "from", "source")
        for column in shown.columns:
            column.justify, column.no_wrap = "left", False
        shown.columns[0].max_width, shown.columns[1].max_width, shown.columns[3].max_width = 34, 60, 60
        for one in lines:
            shown.add_row(_what(one), _figures(one), str(one.valid_from), printable(one.source))
        parts.append(shown)
    if missing:
        parts.append(line(f"not on file: {', '.join(missing)}"))
    if rules.listing:
        parts.append(line(f"{len(rules.listing):,} contracts are overridden by the venue's own instrument list"))
    return Group(*parts)


def _what(one: Line) -> str:
    """Say what a line is for."""
    if isinstance(one, ContractLine):
        what = ", ".join(one.kinds)
        coins = [*one.bases, *(f"settled in {name}" for name in one.settles)]
        tier = f" tier {one.tier}" if isinstance(one, TradeFee) and one.tier != "base" else ""
        period = f" of a {one.period}" if one.period else ""
        return f"{what}{period}: {', '.join(coins) or 'any coin'}{tier}"
    named = getattr(one, "coins", None) or (getattr(one, "currency", ""),)
    tag = one.__struct_config__.tag
    return " ".join(part for part in (str(tag or ""), getattr(one, "settlement", ""), ", ".join(named)) if part)


def _figures(one: Line) -> str:
    """Write what a line says beside what it is for."""
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in _pairs(one))


def _pairs(one: Line) -> Iterator[tuple[str, str]]:
    skipped = (*_STATED, "currency") if not isinstance(one, TradeFee) else (*_STATED, "tier", "volume_days")
    for key in one.__struct_fields__:
        value = getattr(one, key)
        if key in skipped or value is None or value == ():
            continue
        if key == "volume" and isinstance(one, TradeFee):
            yield "volume of", f"{one.volume_days} days from {value:,f} USD"
        elif key == "steps" and isinstance(one, TradedSizes):
            yield "tick above", " and ".join(f"{_short(step.above)}: {_short(step.tick)}" for step in one.steps)
        else:
            yield key, _short(value)


def _short(value: Any) -> str:
    """Write a figure without the digits that say nothing."""
    if isinstance(value, Decimal):
        return f"{value.normalize() + 0:f}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return f"[{', '.join(_short(item) for item in value)}]"
    if isinstance(value, msgspec.Struct):
        return "(" + " ".join(f"{key} {_short(getattr(value, key))}" for key in value.__struct_fields__) + ")"
    return str(value)
