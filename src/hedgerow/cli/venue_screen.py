"""Prints the tables of a venue."""

import datetime as dt
import json
from pathlib import Path

from hedgerow.core.errors import InputError
from hedgerow.core.instants import SECOND_NS, from_datetime
from hedgerow.report.layout import drawing_console
from hedgerow.report.render_venue import venue_dict, venue_view
from hedgerow.venue_rules import VENUES, VenueRules, latest_rules, rules_of, with_listing


def show_venue(name: str, day: str | None, instruments: str | None, *, as_json: bool) -> None:
    """Print the tables of a venue on standard output.

    Parameters
    ----------
    name : str
        One of ``VENUES``, in any case.
    day : str or None
        As ``2024-01-08``, its end counts; None for the latest figures.
    instruments : str or None
        File with the venue's own instrument list.
    as_json : bool
        True for one JSON object, False for tables.

    Raises
    ------
    InputError
        If there is no such venue, day or file.
    """
    name = name.lower()
    if not name:
        raise InputError("no venue is named", f"use {', '.join(VENUES)}")
    rules = latest_rules(name) if day is None else rules_of(name, _end_of(day))
    if instruments is not None:
        rules = _listed(rules, Path(instruments))
    if as_json:
        print(json.dumps(venue_dict(rules), indent=2, allow_nan=False))
        return
    console = drawing_console()
    if console.is_terminal:
        console.print(venue_view(rules), soft_wrap=True)
        return
    with console.capture() as captured:
        console.print(venue_view(rules), soft_wrap=True)
    print("\n".join(text.rstrip() for text in captured.get().splitlines()))


def _end_of(day: str) -> int:
    try:
        begin = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC)
    except ValueError:
        raise InputError(f"--at {day}", "write the day as 2024-01-08") from None
    return from_datetime(begin) + 86_399 * SECOND_NS


def _listed(rules: VenueRules, path: Path) -> VenueRules:
    try:
        return with_listing(rules, path.read_bytes())
    except OSError as error:
        raise InputError(f"--instruments {path}: cannot be read: {error.strerror}", "check the path") from None
    except InputError as error:
        raise InputError(f"--instruments {path}: {error.problem}", error.advice) from None
