"""What a surface is fitted to is refused where it makes no sense."""

import numpy as np
import pytest

from hedgerow.core.errors import InputError
from hedgerow.pricing.surface import SmileQuotes, SurfaceParameters

GOOD: dict[str, list[float]] = {
    "expiry_years": [0.1, 0.2],
    "expiry": [0, 0, 1],
    "log_moneyness": [-0.1, 0.1, 0.0],
    "vol_bid": [0.5, 0.5, 0.5],
    "vol_ask": [0.6, 0.5, 0.6],
}


def make_smile_quotes(**changed: list[float]) -> SmileQuotes:
    columns = GOOD | changed
    return SmileQuotes(
        expiry=np.array(columns.pop("expiry"), dtype=np.int64),
        **{name: np.array(column, dtype=np.float64) for name, column in columns.items()},
    )


def test_sane_quotes_are_counted_by_expiry() -> None:
    assert make_smile_quotes().counts().tolist() == [2, 1]
    assert make_smile_quotes(expiry=[1, 1, 1]).counts().tolist() == [0, 3]


@pytest.mark.parametrize(
    ("changed", "what", "remedy"),
    [
        ({"expiry_years": [0.2, 0.1]}, r"expiry_years \[0.2, 0.1\]", "positive, rising"),
        ({"expiry_years": [0.1, 0.1]}, "expiry_years", "rising"),
        ({"expiry_years": [0.0, 0.1]}, "expiry_years", "positive"),
        ({"expiry_years": [0.1, np.inf]}, "expiry_years", "positive"),
        ({"expiry_years": []}, "expiry_years", "positive"),
        ({"expiry": [0, 1, 0]}, "order of their expiries", "sort them"),
        ({"expiry": [0, 0, 2]}, "order of their expiries", "index"),
        ({"expiry": [-1, 0, 1]}, "order of their expiries", "index"),
        ({"log_moneyness": [0.0, np.nan, 0.0]}, "log-moneyness that is not finite", "leave such quotes out"),
        ({"log_moneyness": [0.0, 0.0, np.inf]}, "log-moneyness that is not finite", "leave such quotes out"),
        ({"vol_bid": [0.5, 0.55, 0.5]}, "quote 1: vols 0.55 to 0.5", "vol_bid <= vol_ask"),
        ({"vol_bid": [-0.1, 0.5, 0.5]}, "quote 0: vols -0.1 to 0.6", "0 <= vol_bid"),
        ({"vol_bid": [0.5, 0.5, np.nan]}, "quote 2: vols nan", "finite"),
        ({"vol_ask": [0.6, 0.5, np.inf]}, "quote 2: vols 0.5 to inf", "finite"),
        ({"vol_bid": [0.0, 0.5, 0.5], "vol_ask": [0.0, 0.5, 0.6]}, "quote 0: vols 0 to 0", "vol_bid <= vol_ask"),
    ],
)
def test_insane_quotes_are_refused(changed: dict[str, list[float]], what: str, remedy: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        make_smile_quotes(**changed)
    assert remedy in str(caught.value)


@pytest.mark.usefixtures("unchecked")
def test_columns_of_unlike_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="unlike lengths; give one entry per quote"):
        make_smile_quotes(vol_bid=[0.5, 0.5])


def test_no_quotes_at_all_are_sane() -> None:
    none: list[float] = []
    assert make_smile_quotes(expiry=none, log_moneyness=none, vol_bid=none, vol_ask=none).counts().tolist() == [0, 0]


def test_values_without_a_number_are_refused() -> None:
    whole = SurfaceParameters(kind="essvi", expiry_years=(0.1,), slices=((0.01, 0.1, -0.2, 0.0, 0.3),)).values()
    assert whole == {"essvi": 1.0, "0.years": 0.1, "0.a": 0.01, "0.b": 0.1, "0.rho": -0.2, "0.m": 0.0, "0.sigma": 0.3}
    for name in ("essvi", "0.years", "0.rho"):
        rest = {key: value for key, value in whole.items() if key != name} | {"other": 0.0}
        with pytest.raises(InputError, match=f"no {name} among the values of a surface; give what"):
            SurfaceParameters.from_values(rest)
