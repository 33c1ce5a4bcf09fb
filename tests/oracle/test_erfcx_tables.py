"""The polynomial tables of the kernels are what the tool computes, and are as good as they must be."""

import importlib.util
from pathlib import Path

import mpmath as mp
import pytest

from hedgerow.pricing import kernels

TOOL = Path(__file__).resolve().parents[2] / "tools" / "erfcx_coefficients.py"


def test_tables_are_the_computed_ones() -> None:
    spec = importlib.util.spec_from_file_location("erfcx_coefficients", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.tables() == {"_ERFCX": list(kernels._ERFCX), "_SLOPE": list(kernels._SLOPE)}


@pytest.mark.parametrize("y", [0.0, 1e-9, 0.1, 0.5, 1.0, 2.5, 4.0, 7.3, 17.7, 26.0, 100.0, 1e5])
def test_erfcx_and_its_slope_to_two_ulp(y: float) -> None:
    with mp.workdps(60):
        point = mp.mpf(y)
        if y < 200:
            value = mp.exp(point**2) * mp.erfc(point)
            slope = 2 * point * value - 2 / mp.sqrt(mp.pi)
        else:  # asymptotic series, DLMF 7.12.1
            terms = [mp.mpf(1), -1 / (2 * point**2), 3 / (4 * point**4), -15 / (8 * point**6)]
            value = sum(terms) / (point * mp.sqrt(mp.pi))
            slope = 2 / mp.sqrt(mp.pi) * sum(terms[1:])
        assert abs(mp.mpf(kernels.erfcx.py_func(y)) / value - 1) < mp.mpf("1e-15")
        assert abs(mp.mpf(kernels.erfcx_slope.py_func(y)) / slope - 1) < mp.mpf("1e-15")
