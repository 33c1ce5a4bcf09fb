"""Models fitted to quotes: weighted least squares in vols, with error bars.

The residual of a quote is the model's vol less the middle of the quote's interval, over half its width. With these
weights W and J the derivatives of the vols, parameters scatter by s²·(J'WJ)^-1, s² the mean square of the weighted
residuals (Seber, Wild 1989, "Nonlinear regression", section 2.1.2): true where the errors of quotes are independent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import DataFault, InputError, MarketDataError, SolveError, SolveFault, TransformError
from hedgerow.pricing.black76 import black76, implied_vol
from hedgerow.pricing.models.coordinates import (
    KINDS,
    FittedModel,
    at_bound,
    box,
    free_of,
    model_at,
    names_of,
    natural_size,
    slopes,
)
from hedgerow.pricing.models.starts import simpler, starts
from hedgerow.pricing.models.sums import call_sums
from hedgerow.pricing.models.weights import quote_weights, scatter
from hedgerow.pricing.surface.parameters import SmileQuotes

_TOLERANCE: Final = 1e-10
"""Of prices while searching: differences of prices are taken. [fraction of the forward]"""
_STEP: Final = 1e-3
"""Of a free number, for derivatives. [pure]"""
_SLOW: Final = "lognormal_sv"
_SLOW_TOLERANCE, _SLOW_STEP, _SLOW_TRIES = 1e-7, 1e-2, (1, 1, 1)
"""The same where a chain takes a tenth of a second to price."""
_TRIES: Final = (6, 2, 1)
_EVALUATIONS: Final = (4, 10, 200)
"""So many of the best starts are followed for so many evaluations, the best of those for longer. [count]"""
_AWAY: Final = 10.0
"""Residual of a model that cannot be priced. [vol]"""
_NOTHING: Final = 10.0
"""An error bar of so many large values says nothing: the parameter is not determined. [pure]"""
_LEAST_STRIKES: Final = 3
"""Fewer different strikes hold no smile. [count]"""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A model fitted to quotes.

    Parameters
    ----------
    kind : str
        ``heston``, ``bates``, ``merton``, ``svcj`` or ``lognormal_sv``.
    model : Heston, Bates, Merton, SVCJ or LogNormalSV
        The model.
    standard_errors : dict of str to float
        By parameter; NaN for one at an edge of where it was looked for, infinite for one that the quotes do not
        determine at all. [as the parameter]
    correlations : ndarray of shape (n_parameter, n_parameter)
        Of the errors, in the order of ``standard_errors``; NaN as there. [pure]
    vol : ndarray of shape (n_quote,)
        The model's vol at each quote; NaN where its price implies none. [fraction per square root of a year]
    residual : ndarray of shape (n_quote,)
        That less the middle of the quote. [vol]
    weight : ndarray of shape (n_quote,)
        Weight of the squared residual, one for a typical quote, zero for one without a bid. [pure]
    rmse : float
        Root mean square of the residuals of quotes with weight, each counted alike. [vol]
    noise : float
        Standard deviation of the residual of a quote of weight one. [vol]
    evaluations : int
        How often the chain was priced. [count]
    notes : tuple of str
        What to know: parameters at an edge or hardly determined. [text]
    """

    kind: str
    model: FittedModel
    standard_errors: dict[str, float]
    correlations: Float64[np.ndarray, "n_parameter n_parameter"]
    vol: Float64[np.ndarray, " n_quote"]
    residual: Float64[np.ndarray, " n_quote"]
    weight: Float64[np.ndarray, " n_quote"]
    rmse: float
    noise: float
    evaluations: int
    notes: tuple[str, ...]


class _Problem:
    """The residuals of one chain under one kind of model, and how often they were computed."""

    def __init__(self, kind: str, quotes: SmileQuotes) -> None:
        self.kind, self.quotes = kind, quotes
        self.k, self.years = quotes.log_moneyness, quotes.expiry_years[quotes.expiry]
        self.mid = 0.5 * (quotes.vol_bid + quotes.vol_ask)
        self.weight = quote_weights(quotes)
        self.used = self.weight > 0.0
        self.is_call = self.k >= 0.0
        self.market = black76(1.0, np.exp(self.k), self.years, self.mid, self.is_call, inverse=False)
        slow = kind == _SLOW
        self.tolerance, self.step = (_SLOW_TOLERANCE, _SLOW_STEP) if slow else (_TOLERANCE, _STEP)
        self.tries = _SLOW_TRIES if slow else _TRIES
        self.evaluations = 0

    def prices(self, x: Float64[np.ndarray, " n_parameter"]) -> Float64[np.ndarray, " n_quote"]:
        """Return prices of options out of the money on a forward of one."""
        self.evaluations += 1
        sums = call_sums(model_at(self.kind, x), self.k, self.years, self.tolerance, greeks=False)
        black = black76(1.0, np.exp(self.k), self.years, sums.vol, self.is_call, inverse=False)
        return np.asarray(black.price + sums.columns[0])

    def vols(
        self, price: Float64[np.ndarray, " n_quote"]
    ) -> tuple[Float64[np.ndarray, " n_quote"], Float64[np.ndarray, " n_quote"]]:
        """Return vols and vegas; where a price is too small to imply a vol, from the tangent at the quote."""
        vol, _ = implied_vol(np.atleast_1d(price), 1.0, np.exp(self.k), self.years, self.is_call, inverse=False)
        tangent = self.mid + (price - self.market.price) / self.market.vega
        clear = np.isfinite(vol) & (price > 100.0 * self.tolerance)
        vol = np.where(clear, vol, tangent)
        vega = self.market.vega.copy()
        vega[clear] = black76(
            1.0, np.exp(self.k[clear]), self.years[clear], vol[clear], self.is_call[clear], inverse=False
        ).vega
        return vol, vega

    def residuals(self, x: Float64[np.ndarray, " n_parameter"]) -> Float64[np.ndarray, " n_used"]:
        """Return weighted residuals; the search turns away from a model that cannot be priced."""
        try:
            vol, _ = self.vols(self.prices(x))
        except TransformError:
            return np.full(int(self.used.sum()), _AWAY)
        return np.asarray((np.sqrt(self.weight) * (vol - self.mid))[self.used])

    def derivatives(self, x: Float64[np.ndarray, " n_parameter"]) -> Float64[np.ndarray, "n_used n_parameter"]:
        """Return their derivatives in the free numbers."""
        here = self.prices(x)
        _, vega = self.vols(here)
        columns = [self._slope(x, i, here) / vega for i in range(x.size)]
        return np.asarray((np.sqrt(self.weight)[:, None] * np.column_stack(columns))[self.used])

    def _slope(
        self, x: Float64[np.ndarray, " n_parameter"], i: int, here: Float64[np.ndarray, " n_quote"]
    ) -> Float64[np.ndarray, " n_quote"]:
        """Return central differences of prices, one-sided ones where a side cannot be priced."""
        sides = []
        for sign in (1.0, -1.0):
            moved = x.copy()
            moved[i] += sign * self.step
            try:
                sides.append((sign, self.prices(moved)))
            except TransformError:
                sides.append((0.0, here))
        (up, above), (down, below) = sides
        return np.asarray((above - below) / (max(up - down, 1.0) * self.step))


def calibrate_model(
    kind: str, quotes: SmileQuotes, *, start: FittedModel | None = None, progress: Progress | None = None
) -> Calibration:
    """Fit a model to the quotes of a chain.

    Parameters
    ----------
    kind : {"heston", "bates", "merton", "svcj", "lognormal_sv"}
        Which model.
    quotes : SmileQuotes
        Intervals of vol; those without a bid are priced but not fitted to.
    start : model or None
        Where to start; None looks for starts of its own, for models with jumps among them the simpler model's fit.
    progress : callable or None
        Told how many searches are done and how many there are. [count]

    Returns
    -------
    Calibration
        Model, error bars and residuals. [vol]

    Raises
    ------
    InputError
        If the kind is unknown, or the start is of another kind.
    MarketDataError
        If there are too few quotes or expiries to tell the parameters apart.
    SolveError
        If the search did not converge.
    TransformError
        If the fitted model cannot be priced at the tolerance.

    References
    ----------
    Cui, del Baño Rollin, Germano (2017), "Full and fast calibration of the Heston stochastic volatility model",
    European J. Operational Research 263:625, doi 10.1016/j.ejor.2017.05.018, for the least squares; errors as above.
    """
    names = names_of(kind)
    problem = _Problem(kind, quotes)
    _check_chain(kind, problem, len(names))
    if start is not None and not isinstance(start, KINDS[kind]):
        raise InputError(f"a start of type {type(start).__name__}", f"give a {KINDS[kind].__name__}")
    if start is not None:
        _check_start(problem, start)
    tell = progress or (lambda _done, _of: None)
    x = _search(problem, _candidates(problem, start), tell)
    return _judge(problem, names, x)


def _check_chain(kind: str, problem: _Problem, parameters: int) -> None:
    used = int(problem.used.sum())
    expiries = int(np.unique(problem.quotes.expiry[problem.used]).size)
    strikes = int(np.unique(problem.k[problem.used]).size)
    least_expiries = 1 if kind == "merton" else 2
    if used >= 2 * parameters and expiries >= least_expiries and strikes >= _LEAST_STRIKES:
        return
    found = f"{used} quotes with a bid in {expiries} expir{'y' if expiries == 1 else 'ies'}, {strikes} strikes"
    needed = f"{kind} needs {2 * parameters} quotes, {least_expiries} expiries, {_LEAST_STRIKES} strikes or more"
    advice = f"{needed}; give more quotes, or a model with fewer parameters (merton, or sabr by expiry)"
    raise MarketDataError("the chain", DataFault.MISSING, f"{found} cannot be calibrated to", advice)


def _check_start(problem: _Problem, start: FittedModel) -> None:
    try:
        problem.prices(free_of(start))
    except TransformError as error:
        raise InputError(f"the start cannot be priced: {error.problem}", "give another, or none") from None


def _candidates(problem: _Problem, start: FittedModel | None) -> list[FittedModel]:
    """Return where to start from: the best of each size of jumps, then the best of the rest."""
    if start is not None:
        return [start]
    below = simpler(problem.kind)
    fitted = None
    if below is not None:
        easier = calibrate_model(below, problem.quotes)
        problem.evaluations += easier.evaluations
        fitted = easier.model
    many = starts(problem.kind, problem.k[problem.used], problem.years[problem.used], problem.mid[problem.used], fitted)
    costs = [float(np.sum(problem.residuals(free_of(model)) ** 2)) for model in many]
    order = np.argsort(costs, kind="stable").tolist()
    first = {getattr(many[i], "jump_vol", 0.0): i for i in reversed(order)}
    best = sorted(first.values(), key=order.index)
    return [many[i] for i in (*best, *(i for i in order if i not in best))[: problem.tries[0]]]


def _search(problem: _Problem, candidates: list[FittedModel], tell: Progress) -> Float64[np.ndarray, " n_parameter"]:
    """Follow many starts for a little, the better ones for longer, and the best to the end."""
    tried = [(0.0, free_of(model), False) for model in candidates]
    of, done = sum(min(count, len(candidates)) for count in problem.tries), 0
    for count, most in zip(problem.tries, _EVALUATIONS, strict=True):
        followed = []
        for one in tried[:count]:
            tell(done, of)
            followed.append(one if one[2] else _follow(problem, one[1], most))
            done += 1
        tried = sorted(followed, key=lambda one: one[0])
    tell(of, of)
    _, x, settled = tried[0]
    if not settled:
        told = f"{problem.kind}: the search did not settle within {_EVALUATIONS[-1]} evaluations"
        raise SolveError(SolveFault.NOT_CONVERGED, told, "give a start near the answer, or a simpler model")
    return x


def _follow(
    problem: _Problem, x: Float64[np.ndarray, " n_parameter"], most: int
) -> tuple[float, Float64[np.ndarray, " n_parameter"], bool]:
    """Search from x; return the cost, where the search ended, and whether it settled there."""
    from scipy.optimize import least_squares  # late: scipy takes longer to import than most calls take

    low, high = box(problem.kind)
    found = least_squares(
        problem.residuals,
        np.clip(x, low + 1e-9, high - 1e-9),
        jac=problem.derivatives,
        bounds=(low, high),
        max_nfev=most,
        xtol=1e-8,
        ftol=1e-8,
        gtol=None,
    )
    return float(found.cost), np.asarray(found.x), bool(found.status > 0)


def _judge(problem: _Problem, names: tuple[str, ...], x: Float64[np.ndarray, " n_parameter"]) -> Calibration:
    model = model_at(problem.kind, x)
    vol, _ = problem.vols(problem.prices(x))
    residual = vol - problem.mid
    weighted = np.sqrt(problem.weight) * residual
    degrees = max(int(problem.used.sum()) - len(names), 1)
    noise = float(np.sqrt(np.sum(weighted[problem.used] ** 2) / degrees))
    edges = at_bound(problem.kind, model)
    errors, correlations = _error_bars(problem, names, x, model, noise, edges)
    return Calibration(
        kind=problem.kind,
        model=model,
        standard_errors=errors,
        correlations=frozen(correlations),
        vol=frozen(vol),
        residual=frozen(residual),
        weight=problem.weight,
        rmse=float(np.sqrt(np.mean(residual[problem.used] ** 2))),
        noise=noise,
        evaluations=problem.evaluations,
        notes=_notes(model, errors, edges),
    )


def _error_bars(
    problem: _Problem,
    names: tuple[str, ...],
    x: Float64[np.ndarray, " n_parameter"],
    model: FittedModel,
    noise: float,
    edges: tuple[str, ...],
) -> tuple[dict[str, float], Float64[np.ndarray, "n_parameter n_parameter"]]:
    """Return standard errors and correlations of the parameters that do not lie at an edge."""
    inside = np.array([name not in edges for name in names])
    spread, within = scatter(problem.derivatives(x)[:, inside])
    errors = np.full(len(names), np.nan)
    errors[inside] = noise * spread * slopes(problem.kind, model)[inside]
    sizes = np.array([natural_size(model, name) for name in names])
    errors[errors > _NOTHING * sizes] = np.inf
    correlations = np.full((len(names), len(names)), np.nan)
    correlations[np.ix_(inside, inside)] = within
    return dict(zip(names, errors.tolist(), strict=True)), correlations


def _notes(model: FittedModel, errors: dict[str, float], edges: tuple[str, ...]) -> tuple[str, ...]:
    told = [f"{name} ends at an edge of where it was looked for, {getattr(model, name):g}" for name in edges]
    if edges and len(edges) < len(errors):
        told.append(f"the error bars of the others take {', '.join(edges)} as known")
    vague = [name for name, error in errors.items() if error > natural_size(model, name)]
    if vague:
        told.append(
            f"the quotes hardly determine {', '.join(vague)}: the error bar exceeds what would be a large value"
        )
    return tuple(told)
