"""Numerical derivatives for tests."""

from collections.abc import Callable


def five_point(function: Callable[[float], float], x: float, h: float) -> tuple[float, float]:
    """First and second derivative by five-point differences (Abramowitz, Stegun 1964, 25.3.6 and 25.3.24)."""
    far_down, down, here, up, far_up = (function(x + k * h) for k in (-2, -1, 0, 1, 2))
    first = (far_down - 8 * down + 8 * up - far_up) / (12 * h)
    return first, (-far_down + 16 * down - 30 * here + 16 * up - far_up) / (12 * h * h)
