"""Print the polynomial coefficients of ``pricing/kernels.py``, computed in 60-digit arithmetic.

Two functions of y >= 0 are fitted in t = (y - 4)/(y + 4) by Chebyshev interpolation and written as monomials:

    scaled complementary error function   erfcx(y)·(1 + 2y)
    minus its derivative                  (2/sqrt(pi) - 2y·erfcx(y))·(1 + 2y)^2

    python tools/erfcx_coefficients.py
"""

from collections.abc import Callable

import mpmath as mp

DEGREE = 26
NODES = 80
PIVOT = 4


def erfcx(y: mp.mpf) -> mp.mpf:
    """Scaled complementary error function exp(y²)·erfc(y), by its asymptotic series where y is large."""
    if y < 60:
        return mp.exp(y * y) * mp.erfc(y)
    total = term = mp.mpf(1)
    for k in range(1, 24):
        term *= -(2 * k - 1) / (2 * y * y)
        total += term
    return total / (y * mp.sqrt(mp.pi))


def scaled_erfcx(t: mp.mpf) -> mp.mpf:
    """Return erfcx(y)·(1 + 2y) at y(t)."""
    y = PIVOT * (1 + t) / (1 - t)
    return erfcx(y) * (1 + 2 * y)


def scaled_slope(t: mp.mpf) -> mp.mpf:
    """Return -erfcx'(y)·(1 + 2y)² at y(t)."""
    y = PIVOT * (1 + t) / (1 - t)
    return (2 / mp.sqrt(mp.pi) - 2 * y * erfcx(y)) * (1 + 2 * y) ** 2


def monomials(function: Callable[[mp.mpf], mp.mpf], degree: int = DEGREE) -> list[float]:
    """Interpolate on Chebyshev nodes and return monomial coefficients, lowest first."""
    angles = [mp.pi * (2 * j + 1) / (2 * NODES) for j in range(NODES)]
    values = [function(mp.cos(angle)) for angle in angles]
    weights = [
        2 * sum(v * mp.cos(k * a) for v, a in zip(values, angles, strict=True)) / NODES for k in range(degree + 1)
    ]
    weights[0] /= 2
    total = [mp.mpf(0)] * (degree + 1)
    before, now = [mp.mpf(1)], [mp.mpf(0), mp.mpf(1)]
    for weight in weights:
        for power, factor in enumerate(before):
            total[power] += weight * factor
        following = [mp.mpf(0)] + [2 * factor for factor in now]
        for power, factor in enumerate(before):
            following[power] -= factor
        before, now = now, following
    return [float(value) for value in total]


def tables() -> dict[str, list[float]]:
    """Return both tables by the name that they carry in the kernels."""
    with mp.workdps(60):
        return {"_ERFCX": monomials(scaled_erfcx), "_SLOPE": monomials(scaled_slope)}


if __name__ == "__main__":
    for name, table in tables().items():
        print(f"{name} = (")
        for value in table:
            print(f"    {value!r},")
        print(")")
