"""Print the tables that guess an implied vol in ``pricing/vol_kernels.py``, fitted by least squares.

    _BACHELIER       h / ln(1 + u) as a polynomial in 2/sqrt(1 + ln(1 + u)/4) - 1, where n(h)/h - N(-h) = 1/u
    _ABOVE, _BELOW   (v/w - 1)/w² as a rational function of w² and x² of total degree 3, where v is Black's total vol,
                     w = x/h the vol of Bachelier's model scaled to it, and x = |ln(F/K)|

The fits steer a guess and need no last digit: another machine may print other last digits.

    python tools/implied_vol_guess.py
"""

import numpy as np
from scipy.special import erfcx

WIDEST, FARTHEST = 3.3, 4.5
"""Total vols and standard deviations up to which the second fit holds."""
Vector = np.ndarray


def log_bachelier(h: Vector) -> Vector:
    """Return ln(n(h)/h - N(-h)), by its asymptotic series where the difference cancels."""
    near = 1 / np.minimum(h, 12) - np.sqrt(np.pi / 2) * erfcx(np.minimum(h, 12) / np.sqrt(2))
    far = h**-3.0 * (1 - 3 / h**2 + 15 / h**4 - 105 / h**6 + 945 / h**8)
    return np.asarray(-0.5 * h * h - 0.5 * np.log(2 * np.pi) + np.log(np.where(h < 12, near, far)))


def smallest_worst(matrix: Vector, target: Vector, weight: Vector, rounds: int = 40) -> Vector:
    """Solve least squares again and again, with more weight where the error was large (Lawson's method)."""
    extra = np.ones_like(target)
    solution = np.zeros(matrix.shape[1])
    for _ in range(rounds):
        w = weight * extra
        scale = np.sqrt(((matrix * w[:, None]) ** 2).sum(axis=0))
        solution = np.linalg.lstsq(matrix * w[:, None] / scale, target * w, rcond=1e-14)[0] / scale
        error = np.abs(matrix @ solution - target) * weight
        extra *= np.sqrt((error + 1e-3 * error.max()) / error.max())
        extra /= extra.max()
    return solution


def bachelier_table(degree: int = 10) -> list[float]:
    """Fit h as a function of u."""
    h = np.concatenate([np.logspace(-4, -2, 300), np.linspace(0.01, 38.0, 6000)])
    log = np.logaddexp(0.0, -log_bachelier(h))
    z = 2 / np.sqrt(1 + log / 4) - 1
    solution = smallest_worst(np.vander(z, degree + 1, increasing=True), h / log, log / h)
    return [float(value) for value in solution]


def bachelier_ratio(target: Vector) -> Vector:
    """Return h with log_bachelier(h) = target, by Newton's method from a table."""
    grid = np.concatenate([np.logspace(-9, -2, 300), np.linspace(0.01, 38.0, 6000)])
    h = np.asarray(np.interp(-target, -log_bachelier(grid), grid))
    for _ in range(3):
        slope = -np.exp(-0.5 * h * h - log_bachelier(h)) / np.sqrt(2 * np.pi) / (h * h)
        h = h - (log_bachelier(h) - target) / slope
    return h


def correction_table(n: int = 60_000) -> tuple[list[float], list[float]]:
    """Fit the step from Bachelier's vol to Black's; the denominator is linearised and refined."""
    rng = np.random.default_rng(1)
    v, h = rng.uniform(0.02, WIDEST, n), rng.uniform(0.003, 1.0, n) * FARTHEST
    x, y, tau = h * v, h / np.sqrt(2), v / np.sqrt(8)
    log_price = -0.5 * (h * h + v * v / 4) + np.log(0.5 * (erfcx(y - tau) - erfcx(y + tau)))
    w = x / bachelier_ratio(log_price - np.log(2 * np.sinh(x / 2)))
    target = (v / w - 1) / w**2
    powers = [(i, j) for i in range(4) for j in range(4 - i)]
    columns = np.stack([w ** (2 * i) * x ** (2 * j) for i, j in powers], axis=1)
    matrix = np.concatenate([columns, -columns[:, 1:] * target[:, None]], axis=1)
    below, solution = np.ones(n), np.zeros(19)
    for _ in range(6):
        solution = smallest_worst(matrix, target, w**3 / v / below, rounds=6)
        below = 1 + columns[:, 1:] @ solution[10:]
    return solution[:10].tolist(), solution[10:].tolist()


if __name__ == "__main__":
    above, below = correction_table()
    for name, table in {"_BACHELIER": bachelier_table(), "_ABOVE": above, "_BELOW": below}.items():
        print(f"{name} = (", *(f"    {value!r}," for value in table), ")", sep="\n")
