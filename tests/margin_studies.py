"""The example study on margin, cut to what a test needs."""

import datetime as dt

import msgspec

import hedgerow as hr
from hedgerow.config import Study

FALL = dt.datetime(2020, 3, 12, 6, tzinfo=dt.UTC), dt.datetime(2020, 3, 12, 13, tzinfo=dt.UTC)
"""The hours in which the price fell by a fifth."""


def margin_study(*names: str, hours: tuple[dt.datetime, dt.datetime] = FALL) -> Study:
    """Return the example with these policies only, between two instants."""
    study = hr.load_study(hr.example("btc-2020-03-12") / "study.toml")
    kept = tuple(line for line in study.policy if line.name in names)
    assert len(kept) == len(names)
    return msgspec.structs.replace(study, policy=kept, start=hours[0], end=hours[1])
