"""The transform of the log-normal model of stochastic vol, by solving its equation to a tolerance.

With s = ln sigma, q = beta² + eps² and Phi = c + iw the transform E[e^(Phi·X)], X = ln(F_T/F_0), is v(T, s) with

    v_t = (q/2)·v_ss + (p(s) + i·w·beta·sigma)·v_s + (Phi² - Phi)/2·sigma²·v,     v(0, s) = 1,
    p = (kappa1 + kappa2·sigma)·(theta - sigma)/sigma - q/2 + c·beta·sigma.

Three steps make a matrix of it and its exponential. v = e^(-i·w·beta/q·sigma)·u takes the imaginary drift away. Under
the weight m = exp(2/q·int p ds) what is left is symmetric; spectral elements resolve it. The Laplace transform in time,
one linear system for each of two dozen points of a hyperbola, is inverted by a sum. Every step is repeated finer at a
few w; four times the difference is the error that is reported.
"""

import functools
import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.polynomial import legendre

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import TransformError
from hedgerow.pricing.models.lognormal_kernels import NODES, transform_at
from hedgerow.pricing.models.parameters import LogNormalSV

_FEWEST: Final = 4.0
"""Elements on either side of the state, at least. [count]"""
_WIDEST: Final = 0.9
"""Longest element. [ln sigma]"""
_STEEPEST: Final = 12.0
"""By how much ln m may change along an element where vols are likely to go. [pure]"""
_MOST_ELEMENTS: Final = 300
_FINER: Final = 1.4
_ROUNDS: Final = 7
_CHECKED: Final = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 4.5, 7.0, 11.0, 18.0, 27.0, 40.0, 60.0])
"""Where the transform is computed again, finer, in units of one over the standard deviation of X. [pure]"""
_SAFETY: Final = 4.0
"""What is reported is so many times the difference seen: the worst w need not be among those looked at. [pure]"""
_STILL, _WILD = 1e-4, 1e3
"""Between these q is; and q·T is below a tenth of the latter. [per year]"""


class Contour(NamedTuple):
    """A hyperbola around spectra within a sector about the negative axis.

    Parameters
    ----------
    decay : float
        Its error is e^(-decay·half), ``half`` the number of nodes on one of its branches. [pure]
    angle, step, scale : float
        Its shape, the distance of its nodes times ``half``, and its scale times years over ``half``. [pure]
    """

    decay: float
    angle: float
    step: float
    scale: float

    def nodes(self, years: float, half: int) -> Float64[np.ndarray, "4 n_lane"]:
        """Return points z and weights, of which the sum over weight times Laplace transform is a function of time.

        Parameters
        ----------
        years : float
            The time. [years]
        half : int
            Half of the number of points. [count]

        Returns
        -------
        ndarray of shape (4, n_lane)
            z and weight, real and imaginary. [per year]

        References
        ----------
        Weideman, Trefethen (2007), as in ``lognormal_transform``, the hyperbola.
        """
        step, scale = self.step / half, self.scale * half / years
        at = 1j * step * (np.arange(-half, half) + 0.5) - self.angle
        z = scale * (1.0 + np.sin(at))
        weight = step * scale / (2.0 * math.pi) * np.cos(at) * np.exp(z * years)
        return np.array([z.real, z.imag, weight.real, weight.imag])


CONTOURS: Final = (
    Contour(2.3156, 1.17321, 1.07881, 4.51733),
    Contour(1.6521, 0.90693, 1.38382, 2.46574),
    Contour(1.0900, 0.66244, 1.77744, 1.25166),
)
"""For sectors of 0, 0.3 and 0.6 radians: each makes the three errors of Weideman and Trefethen (2007), of the sum above
and below the contour and of its ends, equal and as small as can be. The wider the sector, the more nodes are needed and
the more is lost to rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mesh:
    """Elements between the ends of the domain and the state."""

    stiffness: Float64[np.ndarray, "n_element n_node n_node"]
    mass: Float64[np.ndarray, "n_element n_node"]
    potential: Float64[np.ndarray, "n_element 4 n_node"]
    wave: Float64[np.ndarray, "n_element n_node"]
    scale: Float64[np.ndarray, " n_element"]
    split: int
    diffusion: float
    tilt: float
    far: float

    def transform(self, contour: Float64[np.ndarray, "4 n_lane"], w: Float64[np.ndarray, " n_w"]) -> np.ndarray:
        """Return value, slope in ln sigma and slope in time at each w."""
        out = np.empty((6, w.size))
        elements = (self.stiffness, self.mass, self.potential, self.wave, self.scale)
        transform_at(w, self.tilt, self.far, contour, *elements, self.split, self.diffusion, out)
        return np.asarray(out[0::2] + 1j * out[1::2])


@dataclass(frozen=True, slots=True, kw_only=True)
class LognormalTransform:
    """The transform at one time and on one line of its plane, and what it may be off by.

    Parameters
    ----------
    mesh : _Mesh
        The equation in ln sigma.
    contour : ndarray of shape (4, n_lane)
        Its inversion in time. [per year]
    error : float
        What values or prices, as asked for, may be off by on its account. [pure]
    """

    mesh: _Mesh
    contour: Float64[np.ndarray, "4 n_lane"]
    error: float

    def __call__(self, w: Float64[np.ndarray, " n_w"]) -> np.ndarray:
        """Return E[e^((c + iw)·X)], its derivative in ln vol0 and in the time, at each w.

        Parameters
        ----------
        w : ndarray of shape (n_w,)
            Where. [pure]

        Returns
        -------
        ndarray of shape (3, n_w)
            Values and derivatives. [pure], [pure], [per year]
        """
        return self.mesh.transform(self.contour, w)


class _State(NamedTuple):
    """How ln sigma moves, on the line of one real part of Phi."""

    model: LogNormalSV
    tilt: float

    @property
    def spread(self) -> float:
        """beta² + eps². [per year]"""
        return self.model.beta**2 + self.model.vol_of_vol**2

    def drift(self, s: np.ndarray) -> np.ndarray:
        """p(s). [per year]"""
        m, vol = self.model, np.exp(s)
        pull = (m.kappa1 + m.kappa2 * vol) * (m.theta - vol) / vol
        return np.asarray(pull - 0.5 * self.spread + self.tilt * m.beta * vol)

    def weight(self, s: np.ndarray) -> np.ndarray:
        """The logarithm of m. [pure]"""
        m, vol = self.model, np.exp(s)
        slope = m.kappa2 * m.theta - m.kappa1 - 0.5 * self.spread
        integral = slope * s - m.kappa1 * m.theta / vol + (self.tilt * m.beta - m.kappa2) * vol
        return np.asarray(integral * 2.0 / self.spread)

    def rest(self) -> float:
        """Where the drift is zero: the positive root of a quadratic in sigma, or far away. [ln sigma]"""
        m = self.model
        square, constant = m.kappa2 - self.tilt * m.beta, m.kappa1 * m.theta
        middle = m.kappa2 * m.theta - m.kappa1 - 0.5 * self.spread
        root = math.sqrt(middle**2 + 4.0 * square * constant)
        # Of the two forms of the root the one that does not cancel.
        above, below = (middle + root, 2.0 * square) if middle > 0.0 else (2.0 * constant, root - middle)
        return math.log(min(max(above / below, 1e-15), 1e15)) if below > 0.0 else 35.0


def lognormal_transform(
    model: LogNormalSV,
    tilt: float,
    years: float,
    allowed: float,
    points: Float64[np.ndarray, " n_w"] | None = None,
) -> LognormalTransform:
    """Prepare the transform at one time, so fine that a finer one hardly differs.

    Parameters
    ----------
    model : LogNormalSV
        The model.
    tilt : float
        Real part c of Phi, from 0 to 1. [pure]
    years : float
        The time, positive. [years]
    allowed : float
        What ``error`` may be; rounding stands in the way from about 1e-12 on. [pure]
    points : ndarray of shape (n_w,) or None
        Where values shall be good to that; None if what is wanted are prices, in units of the forward and before the
        factor e^(k/2), at a tilt of a half. [pure]

    Returns
    -------
    LognormalTransform
        To be evaluated. [pure]

    Raises
    ------
    TransformError
        If the error is larger than allowed however fine it is made.

    References
    ----------
    Sepp, Rakhmonov (2023), "Log-normal stochastic volatility model with quadratic drift", International J. Theoretical
    and Applied Finance 26:2450003, doi 10.1142/S0219024924500031, eq. 4.5, the transform; Weideman, Trefethen
    (2007), "Parabolic and hyperbolic contours for computing the Bromwich integral", Math. Comp. 76:1341, doi
    10.1090/S0025-5718-07-01945-X; Douglas, Dupont (1974), "Galerkin approximations for the two point boundary problem",
    Numer. Math. 22:99, doi 10.1007/BF01436724, on values at the ends of elements.
    """
    state = _State(model, tilt)
    if not (_STILL <= state.spread <= _WILD and 1e-10 <= state.spread * years <= 0.1 * _WILD):
        raise _missed(model, years, f"vol of vol {math.sqrt(state.spread):g}, out of reach of the method at that time")
    nats = -math.log(max(allowed, 1e-13))
    lost, density, turn = min(allowed, 1e-6), 1.0, 0
    half = math.ceil((nats + 2.0) / CONTOURS[0].decay)
    mesh, fine = _mesh(state, years, density, lost), _mesh(state, years, _FINER * density, 1e-2 * lost)
    for _ in range(_ROUNDS):
        contour, finer = (CONTOURS[turn].nodes(years, more) for more in (half, half + 2))
        deviation = _deviation(model, mesh.transform(contour, np.zeros(1))[0, 0].real, years)
        w = _CHECKED / deviation if points is None else points
        values = mesh.transform(contour, w)[0]
        changes = (np.abs(other[0] - values) for other in (fine.transform(contour, w), mesh.transform(finer, w)))
        by_mesh, by_contour = (_felt(w, change, deviation) if points is None else change.max() for change in changes)
        error = _SAFETY * (by_mesh + by_contour)
        if error <= allowed:
            return LognormalTransform(mesh=mesh, contour=contour, error=error)
        if by_mesh > 0.5 * allowed / _SAFETY:
            lost, density = 1e-2 * lost, _FINER * density
            mesh, fine = fine, _mesh(state, years, _FINER * density, 1e-2 * lost)
        if by_contour > 0.5 * allowed / _SAFETY:
            # A little too much asks for another node; far too much says that the spectrum reaches out of the sector.
            outside = by_contour > 1e3 * math.exp(-CONTOURS[turn].decay * half) / min(deviation, 1.0)
            turn = min(turn + outside, len(CONTOURS) - 1)
            half = math.ceil((nats + 2.0) / CONTOURS[turn].decay) if outside else half + 1
    raise _missed(
        model, years, f"meshes differ by {by_mesh:.1e} and contours by {by_contour:.1e}, {allowed:.1e} allowed"
    )


def _deviation(model: LogNormalSV, start: float, years: float) -> float:
    """Return the standard deviation of X as the transform shows it: at c = 1/2 and w = 0 it is e^(-variance/8)."""
    return math.sqrt(-8.0 * math.log(start)) if 0.0 < start < 1.0 else model.vol0 * math.sqrt(years)


def _felt(w: np.ndarray, change: np.ndarray, deviation: float) -> float:
    """Return what prices may feel of an error of the transform, the larger of two neighbours between them.

    Lewis's integral weighs it by 1/(w² + 1/4). Black's variance is taken from w = 0: an option at the money feels the
    error there over the deviation of X.
    """
    passed = np.append(2.0 / math.pi * np.arctan(2.0 * w), 1.0)
    larger = np.append(np.maximum(change[1:], change[:-1]), change[-1])
    return float(np.sum(np.diff(passed) * larger) + 2.0 * change[0] / min(deviation, 1.0))


def _mesh(state: _State, years: float, density: float, lost: float) -> _Mesh:
    """Lay elements from the ends of the domain to the state."""
    here = math.log(state.model.vol0)
    with np.errstate(over="ignore", invalid="ignore"):
        path, ends = _domain(state, here, years, lost)
        edges = [_edges(state, end, here, path, density, years) for end in ends]
    outer = np.concatenate([one[:-1] for one in edges])
    length = np.concatenate([np.diff(one) for one in edges])
    x, weights, derivative = _reference()
    s = outer[:, None] + 0.5 * (x + 1.0) * length[:, None]
    vol, size, diffusion = np.exp(s), np.abs(length)[:, None], 0.5 * state.spread
    relative = state.weight(s)
    relative -= relative[:, -1:]
    inner = weights * np.exp(relative)
    mass, squares = 0.5 * size * inner, vol * vol
    turn, c = state.model.beta / state.spread, state.tilt
    parts = (
        -0.5 * (c * c - c) * squares,
        turn * vol * (diffusion + state.drift(s)) - (c - 0.5) * squares,
        0.5 * (1.0 - turn * state.model.beta) * squares,
        squares,
    )
    return _Mesh(
        stiffness=np.einsum("eq,qi,qj->eij", inner * (2.0 * diffusion / size), derivative, derivative),
        mass=mass,
        potential=np.stack(parts, axis=1) * mass[:, None],
        wave=turn * vol,
        scale=np.exp(relative[:, 0]),
        split=edges[0].size - 1,
        diffusion=diffusion,
        tilt=c,
        far=1.0 / (state.model.vol0 * math.sqrt(years)),
    )


def _domain(state: _State, here: float, years: float, lost: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where the drift alone takes ln sigma, and bounds that it leaves with a probability of about ``lost``.

    The drift carries it from ``here`` towards its rest, no faster than it starts. Beyond that path it diffuses like a
    Brownian motion, or is held back by the weight m if that falls sooner.
    """
    away = state.rest() - here
    moved = float(state.drift(np.array([here]))[0]) * years
    end = here + (min(moved, max(away, 0.0)) if moved > 0.0 else max(moved, min(away, 0.0)))
    path = (min(here, end), max(here, end))
    reach = np.linspace(0.0, math.sqrt(2.0 * math.log(2.0 / lost) * state.spread * years), 400)
    bounds = []
    for start, sign in zip(path, (-1.0, 1.0), strict=True):
        beyond = start + sign * reach
        fallen = state.weight(beyond) < state.weight(beyond[:1]) + math.log(lost) - 5.0
        bounds.append(float(beyond[int(np.argmax(fallen))] if fallen.any() else beyond[-1]))
    return path, (bounds[0], bounds[1])


def _edges(
    state: _State, end: float, here: float, path: tuple[float, float], density: float, years: float
) -> Float64[np.ndarray, " n_edge"]:
    """Return ends of elements from an end of the domain to the state, closer together where the weight is steep.

    Off the path the weight says how unlikely a vol is: the lower it has fallen, the less its steepness matters.
    """
    fine = np.linspace(end, here, 400)
    weight = state.weight(fine)
    fallen = np.maximum(state.weight(np.clip(fine, *path)) - weight, 0.0)
    steep = np.abs(np.gradient(weight, fine)) / (_STEEPEST + fallen)
    wanted = np.maximum(max(1.0 / _WIDEST, _FEWEST / abs(here - end)), steep)
    total = np.concatenate([[0.0], np.cumsum(0.5 * (wanted[1:] + wanted[:-1]) * np.abs(np.diff(fine)))])
    if not density * total[-1] <= _MOST_ELEMENTS:
        problem = f"its drift is too strong beside a vol of vol of {math.sqrt(state.spread):g}"
        raise _missed(state.model, years, f"{problem}: {_MOST_ELEMENTS} elements do not resolve it")
    edges = np.interp(np.linspace(0.0, total[-1], math.ceil(density * total[-1]) + 1), total, fine)
    edges[-1] = here
    return np.asarray(edges)


@functools.cache
def _reference() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Gauss-Lobatto-Legendre nodes on [-1, 1], their weights and the matrix of derivatives there.

    Canuto, Hussaini, Quarteroni, Zang (2006), "Spectral methods", doi 10.1007/978-3-540-30726-6, section 2.3.2.
    """
    order = NODES - 1
    top = np.zeros(NODES)
    top[order] = 1.0
    x = np.concatenate([[-1.0], np.sort(legendre.legroots(legendre.legder(top)).real), [1.0]])
    value = legendre.legval(x, top)
    gaps = x[:, None] - x
    np.fill_diagonal(gaps, 1.0)
    derivative = value[:, None] / value / gaps
    np.fill_diagonal(derivative, 0.0)
    derivative[0, 0], derivative[-1, -1] = -0.25 * order * (order + 1), 0.25 * order * (order + 1)
    return x, 2.0 / (order * (order + 1) * value**2), derivative


def _missed(model: LogNormalSV, years: float, problem: str) -> TransformError:
    return TransformError(
        f"{type(model).__name__} at {years:g} years: {problem}",
        "loosen the tolerance, or give parameters nearer to those of markets",
        expiry_years=years,
    )
