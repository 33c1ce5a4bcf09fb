"""Print the polynomial coefficients of ``pricing/function_kernels.py``, computed in 60-digit arithmetic.

Three functions are fitted by Chebyshev interpolation and written as monomials:

    _ERFCX  erfcx(y)·(y + 3.5) for y >= -0.25, in t = (y - 3)/(y + 3.5)
    _EXP    exp(r) for |r| <= ln(2)/2, in r
    _LOG    (2·artanh(s)/s - 2)/s² for |s| <= 0.2, in s²

The pivot 3 and the shift 3.5 were found by search: of all pairs that put y = -0.25 at t = -1 they need the lowest
degree for an error below a quarter unit in the last place; a factor y + 3.5 in place of 1 + 2y saves a division.

    python tools/erfcx_coefficients.py
"""

from collections.abc import Callable

import mpmath as mp

NODES = 60
PIVOT, SHIFT = mp.mpf(3), mp.mpf(7) / 2
DEGREES = {"_ERFCX": 23, "_EXP": 11, "_LOG": 7}


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
    """Return erfcx(y)·(y + SHIFT) at y(t)."""
    y = (PIVOT + SHIFT * t) / (1 - t)
    return erfcx(y) * (y + SHIFT)


def reach() -> mp.mpf:
    """Return the largest remainder of exp, a little beyond ln(2)/2 for the rounding of the quotient."""
    return mp.log(2) / 2 * mp.mpf("1.0001")


def artanh_rest(z: mp.mpf) -> mp.mpf:
    """Return (2·artanh(s)/s - 2)/s² at z = s²."""
    if z < mp.mpf("1e-20"):
        return mp.mpf(2) / 3 + 2 * z / 5
    s = mp.sqrt(z)
    return (2 * mp.atanh(s) / s - 2) / z


def monomials(function: Callable[[mp.mpf], mp.mpf], degree: int) -> list[mp.mpf]:
    """Interpolate on Chebyshev nodes of [-1, 1] and return monomial coefficients, lowest first."""
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
    return total


def moved(coefficients: list[mp.mpf], scale: mp.mpf, offset: mp.mpf) -> list[mp.mpf]:
    """Return the monomials in z of a polynomial in scale·z + offset."""
    total = [mp.mpf(0)] * len(coefficients)
    for k, coefficient in enumerate(coefficients):
        for j in range(k + 1):
            total[j] += coefficient * mp.binomial(k, j) * scale**j * offset ** (k - j)
    return total


def tables() -> dict[str, list[float]]:
    """Return all tables by the name that they carry in the kernels."""
    with mp.workdps(60):
        widest = mp.mpf("0.0401")
        exact = {
            "_ERFCX": monomials(scaled_erfcx, DEGREES["_ERFCX"]),
            "_EXP": moved(monomials(lambda t: mp.exp(t * reach()), DEGREES["_EXP"]), 1 / reach(), mp.mpf(0)),
            "_LOG": moved(
                monomials(lambda t: artanh_rest(widest * (1 + t) / 2), DEGREES["_LOG"]), 2 / widest, mp.mpf(-1)
            ),
        }
    return {name: [float(value) for value in table] for name, table in exact.items()}


if __name__ == "__main__":
    for name, table in tables().items():
        print(f"{name} = (")
        for value in table:
            print(f"    {value!r},")
        print(")")
