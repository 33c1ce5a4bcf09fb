"""Bad input to the pricing room."""

from typing import Any

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.pricing import VolFault, black76, implied_vol

GOOD: dict[str, Any] = {"forward": 2000.0, "strike": 2100.0, "expiry_years": 0.25, "vol": 0.6}


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_inputs_must_be_positive_and_finite(name: str, value: float) -> None:
    inputs = GOOD | {name: [GOOD[name], value]}
    with pytest.raises(hr.InputError, match=f"{name} holds {value:g}; {name} must be positive"):
        black76(**inputs, is_call=True, inverse=True)


def test_lengths_must_fit() -> None:
    with pytest.raises(hr.InputError, match="do not fit together"):
        black76([1.0, 2.0], [1.0, 2.0, 3.0], 1.0, 1.0, True, inverse=False)


@pytest.mark.parametrize("is_call", [1, 1.0, "C"])
def test_is_call_must_be_bool(is_call: object) -> None:
    with pytest.raises(hr.InputError, match="is_call"):
        black76([1.0, 2.0], 1.0, 1.0, 1.0, is_call, inverse=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("price", "forward", "strike", "expiry", "is_call", "fault"),
    [
        (np.nan, 100.0, 100.0, 1.0, True, VolFault.NOT_FINITE),
        (0.1, np.inf, 100.0, 1.0, True, VolFault.NOT_FINITE),
        (0.1, 100.0, 0.0, 1.0, True, VolFault.BAD_CONTRACT),
        (0.1, 100.0, 100.0, -1.0, True, VolFault.BAD_CONTRACT),
        (0.0, 100.0, 100.0, 1.0, True, VolFault.NO_TIME_VALUE),
        (0.5, 100.0, 50.0, 1.0, True, VolFault.NO_TIME_VALUE),
        (1.0, 100.0, 100.0, 1.0, True, VolFault.ABOVE_BOUND),  # a call in coin is below 1
        (0.5, 100.0, 50.0, 1.0, False, VolFault.ABOVE_BOUND),  # a put in coin is below K/F
    ],
)
def test_a_row_without_a_solution_gets_nan_and_its_reason(
    price: float, forward: float, strike: float, expiry: float, is_call: bool, fault: VolFault
) -> None:
    vol, found = implied_vol(
        [price, 0.1], [forward, 100.0], [strike, 100.0], [expiry, 1.0], [is_call, True], inverse=True
    )
    assert VolFault(int(found[0])) is fault
    assert np.isnan(vol[0])
    assert found[1] == VolFault.SOLVED
    assert vol[1] > 0.0
