"""The polynomial tables of the kernels are what the tool computes, and are as good as they must be."""

import importlib.util
from pathlib import Path
from types import ModuleType

import mpmath as mp
import numba
import numpy as np
import pytest

from hedgerow.pricing import function_kernels

TOOL = Path(__file__).resolve().parents[2] / "tools" / "erfcx_coefficients.py"
erfcx_pair, exp, log_quotient = function_kernels.erfcx_pair, function_kernels.exp, function_kernels.log_quotient


@numba.njit
def exps(x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = exp(x[i])
    return out


@numba.njit
def logs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.empty_like(a)
    for i in range(a.size):
        out[i] = log_quotient(a[i], b[i])
    return out


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("erfcx_coefficients", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_are_the_computed_ones(tool: ModuleType) -> None:
    kernels = function_kernels
    assert tool.tables() == {name: list(getattr(kernels, name)) for name in ("_ERFCX", "_EXP", "_LOG")}


POINTS = [-0.25, -0.1, 0.0, 1e-9, 0.1, 0.5, 1.0, 2.5, 4.0, 7.3, 17.7, 26.0, 100.0, 1e5]


@pytest.mark.parametrize("y", POINTS)
@pytest.mark.parametrize("apart", [1e-13, 1e-6, 0.01, 0.3, 2.0])
def test_erfcx_pair_and_its_slope_to_ten_ulp(tool: ModuleType, y: float, apart: float) -> None:
    # The slope is as good for arguments that differ by a few units in the last place as for distant ones.
    other = y + max(apart, 4.0 * abs(y) * np.finfo(float).eps)
    near, far, slope = erfcx_pair.py_func(y, other)
    with mp.workdps(60):
        exact = tool.erfcx(mp.mpf(y)), tool.erfcx(mp.mpf(other))
        assert abs(mp.mpf(near) / exact[0] - 1) < mp.mpf("2e-15")
        assert abs(mp.mpf(far) / exact[1] - 1) < mp.mpf("2e-15")
        exact_slope = (exact[0] - exact[1]) / (mp.mpf(other) - mp.mpf(y))
        assert abs(mp.mpf(slope) / exact_slope - 1) < mp.mpf("4e-15")


def test_exp_to_two_ulp_and_zero_where_doubles_lose_digits() -> None:
    x = np.concatenate([np.linspace(-708.0, 708.9, 3001), [0.0, -1e-300, 1e-9, -0.3465735903, 0.3465735904]])
    found = exps(x)
    with mp.workdps(40):
        worst = max(abs(mp.mpf(float(f)) / mp.exp(mp.mpf(float(p))) - 1) for p, f in zip(x, found, strict=True))
    assert worst < mp.mpf("4.5e-16")
    assert np.all(exps(np.array([-708.1, -709.0, -745.0, -1e300, -np.inf])) == 0.0)
    assert np.isnan(exps(np.array([np.nan]))[0])


def test_log_of_a_quotient_to_two_ulp_also_near_one() -> None:
    rng = np.random.default_rng(7)
    b = np.exp(rng.uniform(-100.0, 100.0, 3000))
    a = b * np.concatenate([1.0 + np.exp(rng.uniform(-35.0, 0.0, 1500)), np.exp(rng.uniform(-100.0, 100.0, 1500))])
    a[0] = b[0]
    found = logs(a, b)
    assert found[0] == 0.0
    with mp.workdps(60):
        for f, p, q in zip(found, a, b, strict=True):
            exact = mp.log(mp.mpf(float(p)) / mp.mpf(float(q)))
            assert abs(mp.mpf(float(f)) - exact) <= mp.mpf("4.5e-16") * abs(exact)
