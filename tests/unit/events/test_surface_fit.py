"""A surface travels in a FitDone event: written, read, folded and made again, bit by bit."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.errors import InputError
from hedgerow.events import FitDone, decode, encode
from hedgerow.market import MarketState, fold, is_usable
from hedgerow.pricing import Surface, SurfaceParameters
from smiles import make_truth

YEARS = np.array([0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 1.4, 1.9, 2.2, 2.6, 3.0, 3.5])


def truth(seed: int, n: int) -> SurfaceParameters:
    return make_truth(np.random.default_rng(seed), YEARS[:n], 0.6)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, YEARS.size), kind=st.sampled_from(["svi", "essvi"]))
def test_a_surface_survives_the_journal_and_the_market(seed: int, n: int, kind: str) -> None:
    fitted = msgspec.structs.replace(truth(seed, n), kind=kind)
    event = FitDone(5, 6, "surface", 3, fitted.values())
    again = decode(encode(event))
    assert again == event
    assert isinstance(again, FitDone)
    assert encode(again) == encode(event)
    assert is_usable(again)
    market = fold(fold(MarketState(), FitDone(1, 1, "vol", 0, {"vol": 0.6})), again)
    found = SurfaceParameters.from_values(market.fits["surface"].values)
    assert found == fitted
    k, years = np.linspace(-1.0, 1.0, 9), 0.3
    one, other = Surface.from_parameters(fitted), Surface.from_parameters(found)
    np.testing.assert_array_equal(one.vol(k, years), other.vol(k, years))


def test_the_order_of_the_names_says_nothing() -> None:
    fitted = truth(1, 12)  # with more than ten slices "10" sorts before "2"
    values = fitted.values()
    assert SurfaceParameters.from_values(dict(sorted(values.items()))) == fitted
    assert SurfaceParameters.from_values(dict(reversed(values.items()))) == fitted


def test_notes_stay_behind() -> None:
    noted = msgspec.structs.replace(truth(1, 2), notes=("few quotes",))
    assert SurfaceParameters.from_values(noted.values()) == truth(1, 2)


def test_a_fit_that_found_nothing_leaves_the_surface_in_force() -> None:
    event = FitDone(1, 1, "surface", 0, truth(1, 3).values())
    market = fold(fold(MarketState(), event), FitDone(2, 2, "surface", 1, {}))
    assert market.fits["surface"] == event


def test_numbers_that_are_not_finite_do_not_reach_the_market() -> None:
    values = truth(1, 3).values() | {"1.rho": float("nan")}
    assert not is_usable(FitDone(1, 1, "surface", 0, values))


@pytest.mark.parametrize("gone", ["essvi", "0.years", "0.b"])
def test_what_is_no_surface_is_refused(gone: str) -> None:
    values = {name: value for name, value in truth(1, 1).values().items() if not name.startswith(gone)}
    values |= {"vol": 0.6}
    with pytest.raises(InputError, match=f"no {gone} among the values of a surface; give what values"):
        SurfaceParameters.from_values(values)


@pytest.mark.parametrize(
    "gone",
    ["0.a", "1.years", "2.sigma"],
)
def test_a_number_that_is_missing_is_named(gone: str) -> None:
    values = truth(1, 3).values()
    del values[gone]
    with pytest.raises(InputError, match=gone):
        SurfaceParameters.from_values(values)
