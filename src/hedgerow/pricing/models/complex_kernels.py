# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Complex functions as kernels need them: without the care for infinities that makes the library's slow to run."""

import math

from hedgerow.core.compiling import inlined


@inlined
def exp_complex(z):
    """Return exp(z)."""
    grown = math.exp(z.real)
    return complex(grown * math.cos(z.imag), grown * math.sin(z.imag))


@inlined
def expm1_complex(z):
    """Return exp(z) - 1 without cancellation near zero."""
    half = math.sin(0.5 * z.imag)
    grown = math.expm1(z.real)
    return complex(grown - 2.0 * (grown + 1.0) * half * half, (grown + 1.0) * math.sin(z.imag))


@inlined
def log1p_complex(z):
    """Return ln(1 + z) without cancellation near zero."""
    x, y = z.real, z.imag
    return complex(0.5 * math.log1p(x * (2.0 + x) + y * y), math.atan2(y, 1.0 + x))


@inlined
def log1p_ratio(factor, z):
    """Return ln(1 + factor·z)/factor, which is z at a factor of zero."""
    small = factor * z
    if size(small) < 1e-8:
        return z * (1.0 - 0.5 * small)
    return ratio(log1p_complex(small), factor)


@inlined
def ratio(a, b):
    """Return a/b; the square of |b| must be a normal number."""
    over = 1.0 / (b.real * b.real + b.imag * b.imag)
    return complex((a.real * b.real + a.imag * b.imag) * over, (a.imag * b.real - a.real * b.imag) * over)


@inlined
def size(z):
    """Return |z|."""
    return math.sqrt(z.real * z.real + z.imag * z.imag)


@inlined
def sqrt_complex(z):
    """Return the square root whose real part is not negative."""
    root = math.sqrt(0.5 * (size(z) + abs(z.real)))
    if root == 0.0:
        return complex(0.0, 0.0)
    other = 0.5 * z.imag / root
    if z.real >= 0.0:
        return complex(root, other)
    return complex(abs(other), math.copysign(root, z.imag))


@inlined
def log_complex(z):
    """Return ln(z), and about -345 for the real part at zero."""
    return complex(0.5 * math.log(max(z.real * z.real + z.imag * z.imag, 1e-300)), math.atan2(z.imag, z.real))
