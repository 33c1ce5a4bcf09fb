"""Instants are integers: nothing is lost on the way in, and little on the way out."""

import datetime as dt

import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.instants import (
    DAY_NS,
    HOUR_NS,
    SECOND_NS,
    YEAR_NS,
    describe_age,
    from_datetime,
    to_iso,
    years_between,
)

BERLIN_WINTER = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), 0),
        (dt.datetime(1969, 12, 31, 23, 59, 59, tzinfo=dt.UTC), -1),
        (dt.datetime(2000, 1, 1, tzinfo=dt.UTC), 946_684_800),  # 30 years with 7 leap days
        (dt.datetime(2024, 3, 1, tzinfo=dt.UTC), (54 * 365 + 13 + 31 + 29) * 86_400),  # 13 leap days before 2024
        (dt.datetime(1970, 1, 1, 1, tzinfo=BERLIN_WINTER), 0),
    ],
)
def test_from_datetime_counts_utc_seconds(moment: dt.datetime, seconds: int) -> None:
    assert from_datetime(moment) == seconds * SECOND_NS


def test_from_datetime_keeps_every_microsecond() -> None:
    # As floats, instants of today are 256 ns apart, so a float on the way would show here.
    moment = dt.datetime(2024, 1, 8, 11, 19, 41, 429_001, tzinfo=dt.UTC)
    assert from_datetime(moment) - from_datetime(moment.replace(microsecond=429_000)) == 1_000


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(InputError, match="2024-01-08T11:19:41 has no time zone; write it with Z or an offset"):
        from_datetime(dt.datetime(2024, 1, 8, 11, 19, 41))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("instant_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (999_999_999, "1970-01-01T00:00:00.999Z"),  # never rounds up into the future
        (-1_000_000, "1969-12-31T23:59:59.999Z"),
        (946_684_800 * SECOND_NS + 5_000_000, "2000-01-01T00:00:00.005Z"),
    ],
)
def test_to_iso_writes_utc_milliseconds(instant_ns: int, text: str) -> None:
    assert to_iso(instant_ns) == text


@pytest.mark.parametrize("milliseconds", [0, 1, -1, 1_704_712_781_429, 951_782_399_999])
def test_iso_text_reads_back_to_the_same_instant(milliseconds: int) -> None:
    assert from_datetime(dt.datetime.fromisoformat(to_iso(milliseconds * 1_000_000))) == milliseconds * 1_000_000


def test_years_are_365_days_also_in_leap_years() -> None:
    start = from_datetime(dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
    end = from_datetime(dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    assert years_between(start, end) == 366 / 365
    assert years_between(end, start) == -366 / 365
    assert years_between(start, start + YEAR_NS) == 1.0


@pytest.mark.parametrize(
    ("age_ns", "text"),
    [
        (0, "0 s"),
        (SECOND_NS // 2, "0.5 s"),
        (59 * SECOND_NS, "59 s"),
        (60 * SECOND_NS, "1 min 0 s"),
        (HOUR_NS - SECOND_NS, "59 min 59 s"),
        (HOUR_NS - 1, "1 h 0 min"),
        (2 * DAY_NS - SECOND_NS, "47 h 59 min"),
        (2 * DAY_NS, "2.0 days"),
        (10 * DAY_NS + 12 * HOUR_NS, "10.5 days"),
    ],
)
def test_describe_age(age_ns: int, text: str) -> None:
    assert describe_age(age_ns) == text
