"""What a hedge problem refuses."""

import dataclasses

import numpy as np
import pytest

import hedgerow as hr
from hedge_problems import boxed, generated
from hedgerow.costs import HoldingCost
from hedgerow.hedging import GreekBand, HedgeProblem, solve


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"book_loads": np.full(6, np.inf)}, "book_loads holds a number that is not finite"),
        ({"lot": np.zeros(3)}, "a lot is not positive"),
        ({"least": np.array([0.0, -1.0, 0.0])}, "a smallest trade negative"),
        ({"risk_aversion": 0.0}, "risk_aversion = 0"),
        ({"trade_upper": np.zeros(2)}, r"trade_upper has shape \(2,\)"),
        ({"trade_lower": np.ones(3), "trade_upper": np.zeros(3)}, "instrument 0: trades from 1 to 0"),
        ({"curves": ()}, "curves has 0 entries; 3 are needed"),
        ({"holding": (HoldingCost(),)}, "holding has 1 entries; 3 are needed"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_nonsense_is_refused(change: dict[str, object], text: str) -> None:
    with pytest.raises(hr.InputError, match=text):
        dataclasses.replace(generated(0, n=3, m=1), **change)  # type: ignore[arg-type]


def test_a_band_must_be_in_order() -> None:
    with pytest.raises(hr.InputError, match="delta: a band from 1 to -1"):
        GreekBand(name="delta", lower=1.0, upper=-1.0)


def test_no_instruments_is_a_plan_if_the_bands_allow_it() -> None:
    def without(greek: float) -> HedgeProblem:
        return dataclasses.replace(
            generated(0, n=3, m=1),
            names=(),
            unit_loads=np.zeros((6, 0)),
            curves=(),
            book_greeks=np.array([greek]),
            unit_greeks=np.zeros((1, 0)),
            **boxed(np.zeros(0)),
            lot=np.zeros(0),
            least=np.zeros(0),
            held=np.zeros(0),
            holding=(),
        )

    assert solve(without(0.0)).certificate.holds
    with pytest.raises(hr.SolveError, match="greek 0 is 5"):
        solve(without(5.0))
