"""Risk over scenarios: a proximal bundle method with recycled cuts and a lower bound.

Every risk measure here is a largest expected loss over a set of probabilities (Föllmer, Schied 2011, theorem 4.33),
less a penalty on them: any one of the set gives a plane below the measure, and the one that attains it at a trade
touches there. The planes collected so far are a model of the measure. Each step minimises model, variance and cost
within a proximal term around the best trade so far (Kiwiel 1990, Math. Programming 46:105), and adds the plane at the
answer.

Probabilities that mattered still belong to the set when the scenarios' P&L has moved, so their planes, computed anew,
are a valid model at the next tick. The multipliers of a master problem bound the optimum from below, whatever the
master was worth.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import SolveError, SolveFault
from hedgerow.hedging import branch_kernels, program_kernels
from hedgerow.hedging.branch_kernels import BUY, OFF, SELL, Node
from hedgerow.hedging.certificate import Certificate, certify, gap_above, variance_term
from hedgerow.hedging.conflicts import explain_unbounded
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.quadratic import OPTIMAL
from hedgerow.hedging.scenario_risk import RiskMeasure, ScenarioRisk
from hedgerow.hedging.solver import Prepared, Solution, prepare, solve_convex
from hedgerow.hedging.split import INFINITE, expanded, split_of

_MOST_STEPS: Final = 400
_MOST_CUTS: Final = 90
_KEPT_CUTS: Final = 60
_RECYCLED: Final = 30
_RIDGES: Final = (1e-8, 1e-6, 1e-4)
_REFINED: Final = 4
_NEW: Final = 1e-11
_SAME: Final = 1e-13
_WIDEST: Final = 1e6
_GAP: Final = 5e-5
_DESCENT: Final = 0.1
_EXPANSIONS: Final = 12
_CLOSE: Final = 1e-7
"""How often 3/2 powers are expanded in a master problem, and how near answers need no more. [units of the answer]"""


class Weights(NamedTuple):
    """One of the probabilities over which a measure is the largest: sparse, with its penalty.

    Parameters
    ----------
    index : ndarray of shape (n_worst,)
        Scenarios that count.
    probability : ndarray of shape (n_worst,)
        Their probabilities, adding up to one. [pure]
    penalty : float
        What the measure takes off for them. [numeraire]
    unit_pnl, expected : ndarrays of shape (n_scenario, n_instrument) and (n_instrument,), or None
        What one contract is expected to earn under them, and from which scenarios that was taken.
        [numeraire per contract]
    """

    index: Int64[np.ndarray, " n_worst"]  # type: ignore[assignment]  # a tuple has one too
    probability: Float64[np.ndarray, " n_worst"]
    penalty: float
    unit_pnl: Float64[np.ndarray, "n_scenario n_instrument"] | None = None
    expected: Float64[np.ndarray, " n_instrument"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TailSolution(Solution):
    """A solution with what makes the next tick fast.

    Parameters
    ----------
    weights : tuple of Weights
        Probabilities that mattered.
    steps : int
        Master problems solved. [count]
    step : float
        How far the last ones went. [pure]
    measured : tuple of (str, float, int)
        Measure, level and number of scenarios that the probabilities belong to.
    """

    weights: tuple[Weights, ...] = ()
    steps: int = 0
    step: float = 1.0
    measured: tuple[str, float, int] = ("", 0.0, 0)


def worst_weights(risk: ScenarioRisk, losses: Float64[np.ndarray, " n_scenario"]) -> tuple[float, Weights]:
    """Return a measure of losses and the probabilities that attain it.

    Parameters
    ----------
    risk : ScenarioRisk
        The measure.
    losses : ndarray of shape (n_scenario,)
        Losses. [numeraire]

    Returns
    -------
    tuple of (float, Weights)
        Unweighted measure, and probabilities. [numeraire]

    References
    ----------
    Rockafellar, Uryasev (2002), J. Banking & Finance 26:1443, Proposition 8; Föllmer, Schied (2011), example 4.34.
    """
    if risk.measure is RiskMeasure.WORST:
        worst = int(np.argmax(losses))
        return float(losses[worst]), Weights(np.array([worst]), np.ones(1), 0.0)
    if risk.measure is RiskMeasure.ENTROPIC:
        top = float(losses.max())
        scaled = np.exp(risk.level * (losses - top))
        mean = float(scaled.mean())
        value = top + np.log(mean) / risk.level
        probability = scaled / scaled.sum()
        return float(value), Weights(np.arange(losses.size), probability, float(probability @ losses - value))
    count = (1.0 - risk.level) * losses.size
    whole = min(int(count), losses.size - 1)
    index = np.argpartition(losses, losses.size - whole - 1)[losses.size - whole - 1 :]
    probability = np.full(index.size, 1.0 / count)
    probability[0] = (count - whole) / count
    return float(probability @ losses[index]), Weights(index, probability, 0.0)


class _Bundle:
    """The master problem; z is in units of the split problem, amounts in units of its objective."""

    def __init__(self, prepared: Prepared, risk: ScenarioRisk) -> None:
        self.prepared, self.risk = prepared, risk
        unit = prepared.scaled.unit
        spread = float(np.median(risk.scatter() * unit))
        size = float(np.std(risk.book_pnl)) / spread if spread > 0.0 else 1.0
        self.split = split_of(prepared.scaled.program, None, size=size if size > 0.0 else 1.0, whole=True)
        split = self.split
        self.base = split.base * unit
        self.per_z = unit[split.owner] * split.sign * split.size
        n, sign = split.linear.size, np.outer(split.sign, split.sign)
        _, first = self.worth(np.zeros(n))
        slope, _, _ = self.plane(first)
        self.amount = float(np.max(np.abs(slope), initial=0.0)) or 1.0
        self.scale = split.size**2 / self.amount
        # What the base costs by itself: positions that are held, trades that must be made.
        self.fixed = float(program_kernels.objective(prepared.scaled.program, split.base)) / self.amount
        self.slopes, self.starts = np.zeros((2 * _MOST_CUTS, n)), np.zeros(2 * _MOST_CUTS)
        self.kept: list[Weights] = []
        self.dual = np.zeros(split.upper.size + 1)  # multipliers of the last master: bounds, rows, planes
        self.near = np.where(split.owner[:, None] == split.owner[None, :], sign, 0.0)
        self.smooth = self.scale * split.hessian
        owner = split.owner
        risk_part = np.ascontiguousarray(self.scale * prepared.scaled.program.hessian[np.ix_(owner, owner)] * sign)
        self.node = Node(
            risk=risk_part,
            curve=np.diag(self.smooth) - np.diag(risk_part),
            linear=self.scale * split.linear,
            power=self.scale * prepared.scaled.program.power[owner] / np.sqrt(split.size),
            start=split.starts(),
            rows=split.rows,
            lower=split.lower,
            upper=split.upper,
            owner=owner,
            way=np.where(split.sign > 0.0, BUY, SELL),
            first=np.zeros(n),
            charge=np.zeros(split.base.size),
        )
        self.steps, self.step = 0, 1.0
        self.add(first)

    def losses(self, z: Float64[np.ndarray, " n_piece"]) -> Float64[np.ndarray, " n_scenario"]:
        """Return the losses of the hedged book."""
        return np.asarray(-(self.risk.book_pnl + self.risk.unit_pnl @ self.contracts(z)))

    def contracts(self, z: Float64[np.ndarray, " n_piece"]) -> Float64[np.ndarray, " n"]:
        """Return the trade in contracts."""
        return np.asarray(self.split.trade(z) * self.prepared.scaled.unit)

    def worth(self, z: Float64[np.ndarray, " n_piece"]) -> tuple[float, Weights]:
        """Return risk and cost of a trade, without the constant variance of the book, and the probabilities there."""
        measure, weights = worst_weights(self.risk, self.losses(z))
        rest = program_kernels.objective(self.prepared.scaled.program, self.split.trade(z))
        return float(rest) + self.risk.weight * measure, weights

    def plane(self, weights: Weights) -> tuple[Float64[np.ndarray, " n_piece"], float, Weights]:
        """Return slope and value at the base of the plane that belongs to probabilities, and these. [numeraire]"""
        index, probability, penalty = weights.index, weights.probability, weights.penalty
        every = index.size == self.risk.book_pnl.size
        pnl = weights.expected
        if pnl is None or weights.unit_pnl is not self.risk.unit_pnl:
            pnl = probability @ (self.risk.unit_pnl if every else self.risk.unit_pnl[index])
        book = float(probability @ (self.risk.book_pnl if every else self.risk.book_pnl[index]))
        weight = self.risk.weight
        slope = -weight * pnl[self.split.owner] * self.per_z
        kept = weights._replace(unit_pnl=self.risk.unit_pnl, expected=pnl)
        start = weight * float(-book - pnl @ self.base - penalty)
        return slope, start, kept

    def add(self, weights: Weights) -> None:
        """Add the plane of some probabilities to the model."""
        slope, start, kept = self.plane(weights)
        slope, start = slope / self.amount, start / self.amount
        slopes, starts = self.planes()
        if np.any((np.abs(slopes - slope).max(axis=1, initial=0.0) <= _SAME) & (np.abs(starts - start) <= _SAME)):
            return  # a plane that is there already would only make the active set go in circles
        self.slopes[starts.size], self.starts[starts.size] = slope, start
        self.kept.append(kept)

    def planes(self) -> tuple[Float64[np.ndarray, "n_plane n_piece"], Float64[np.ndarray, " n_plane"]]:
        """Return slopes and starts of the model."""
        return self.slopes[: len(self.kept)], self.starts[: len(self.kept)]

    def drop(self, z: Float64[np.ndarray, " n_piece"]) -> None:
        """Keep the planes that are highest at a trade."""
        if len(self.kept) <= _MOST_CUTS:
            return
        keep = self.highest(z, _KEPT_CUTS)
        count = len(keep)
        self.slopes[:count], self.starts[:count] = self.slopes[keep], self.starts[keep]
        self.kept = [self.kept[k] for k in keep]
        rows = self.split.upper.size + 1
        planes = np.append(self.dual[rows:], np.zeros(_MOST_CUTS + 1))  # the newest may have been in no master yet
        self.dual = np.append(self.dual[:rows], planes[keep])

    def highest(self, z: Float64[np.ndarray, " n_piece"], count: int) -> Int64[np.ndarray, " n_plane"]:
        """Return which planes are highest at a trade, in the order in which they came."""
        slopes, starts = self.planes()
        return np.sort(np.argsort(-(slopes @ z + starts), kind="stable")[:count])

    def master(self, centre: Float64[np.ndarray, " n_piece"], step: float) -> tuple[Any, float, np.ndarray] | None:
        """Minimise the model near a centre: the answer, the model there, and all multipliers."""
        split, n = self.split, self.split.linear.size
        slopes, starts = self.planes()
        cuts, m = starts.size, split.rows.shape[0]
        rows = np.zeros((m + cuts, n + 1))
        rows[:m, :n], rows[m:, :n], rows[m:, n] = split.rows, slopes, -1.0
        upper = np.concatenate([split.upper[:n], [INFINITE], split.upper[n:], -starts])
        lower = np.concatenate([split.lower[:n], [-INFINITE], split.lower[n:], np.full(cuts, -INFINITE)])
        self.steps += 1
        z, multipliers, hessian = centre, np.zeros(m + cuts), np.zeros((n + 1, n + 1))
        for _ in range(_EXPANSIONS if self.prepared.scaled.has_power else 1):
            slope, bend = expanded(self.node.power, self.node.start, z)
            hessian[:n, :n] = self.smooth + self.near / step + np.diag(bend)
            linear = np.append(self.node.linear + slope - self.near @ centre / step, 1.0)
            # The active set of the last master is nearly this one's: a tenth of the iterations.
            known = np.append(self.dual, np.zeros(upper.size - self.dual.size))
            found = _quadratic(hessian, linear, rows, upper, lower, known)
            if found is None:
                return None
            last, z, self.dual = z, np.clip(found[0][:n], split.lower[:n], split.upper[:n]), found[1]
            multipliers = self.dual[n + 1 :]
            if np.max(np.abs(z - last), initial=0.0) <= _CLOSE:
                break
        height = float(np.max(slopes @ z + starts))
        smooth = float(z @ (0.5 * (self.smooth @ z) + self.node.linear))
        power, start = self.node.power, self.node.start
        smooth += float(np.sum(power * ((start + z) ** 1.5 - start**1.5)))
        return z, smooth + height + self.fixed, multipliers

    def bound(self, z: Float64[np.ndarray, " n_piece"], multipliers: np.ndarray) -> float:
        """Return a lower bound of the objective from multipliers, in units of the objective."""
        split, n = self.split, self.split.linear.size
        m = split.rows.shape[0]
        share = np.maximum(multipliers[m:], 0.0)
        if not share.sum() > 0.0:
            return -np.inf
        share = share / share.sum()
        most = np.where(split.upper[:n] >= INFINITE, 10.0 * max(1.0, float(z.max(initial=0.0))), split.upper[:n])
        slopes, starts = self.slopes[: share.size], self.starts[: share.size]
        node = self.node._replace(linear=self.node.linear + share @ slopes)
        upper = np.concatenate([most, split.upper[n:]])
        everything = np.full(split.base.size, OFF | BUY | SELL, dtype=np.int64)
        parts, choice = np.empty((3, split.base.size)), np.empty(split.base.size, dtype=np.int64)
        prices = np.ascontiguousarray(multipliers[:m])
        found, _, _ = branch_kernels.judge_node(
            node, split.lower, upper, z.copy(), prices, everything, 0.0, parts, choice
        )
        return float(found) + float(share @ starts) + self.fixed


def _quadratic(
    hessian: np.ndarray,
    linear: np.ndarray,
    rows: np.ndarray,
    upper: np.ndarray,
    lower: np.ndarray,
    known: np.ndarray,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Solve a master problem, from a guess of its multipliers: the answer and all multipliers."""
    import daqp

    tries = [(ridge, guess) for guess in (known, np.zeros(known.size)) for ridge in _RIDGES]
    for ridge, guess in tries:  # nearly equal planes make the active set go in circles; a ridge parts them
        ridged = hessian + ridge * np.eye(linear.size)
        answer, _, flag, info = daqp.solve(
            ridged, linear, rows, upper, lower, dual_start=guess, primal_tol=1e-10, eps_prox=0.0
        )
        if flag == OPTIMAL:
            break
    if flag != OPTIMAL:
        return _interior(hessian + _RIDGES[0] * np.eye(linear.size), linear, rows, upper, lower)
    for _ in range(_REFINED if ridge > _RIDGES[0] else 0):  # a strong ridge pulls: centre it on the answer
        again = daqp.solve(
            ridged,
            linear - ridge * answer,
            rows,
            upper,
            lower,
            dual_start=np.asarray(info["lam"]),
            primal_tol=1e-10,
            eps_prox=0.0,
        )
        if again[2] != OPTIMAL:
            break
        answer, info = again[0], again[3]
    return np.asarray(answer), np.asarray(info["lam"])


def _interior(
    hessian: np.ndarray, linear: np.ndarray, rows: np.ndarray, upper: np.ndarray, lower: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Solve a master problem by an interior-point method, which nearly equal planes do not lead astray."""
    import piqp

    n = linear.size
    low = np.where(lower <= -INFINITE, -np.inf, lower)
    high = np.where(upper >= INFINITE, np.inf, upper)
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = 1e-11
    solver.setup(hessian, linear, None, None, rows, low[n:], high[n:], low[:n], high[:n])
    solver.solve()
    result = solver.result
    answer, multipliers = np.asarray(result.x), np.asarray(result.z_u) - np.asarray(result.z_l)
    if not (np.all(np.isfinite(answer)) and np.all(np.isfinite(multipliers))):
        return None
    return np.array(answer), np.concatenate([np.zeros(n), multipliers])


def solve_tail(problem: HedgeProblem, *, warm: Solution | None = None, gap: float = _GAP) -> TailSolution:
    """Find the optimal trade before rounding where risk is measured over scenarios.

    Parameters
    ----------
    problem : HedgeProblem
        The problem, with a ``tail`` and without fixed charges.
    warm : Solution or None
        The solution of a neighbouring problem of as many scenarios; its probabilities are used again.
    gap : float
        Share of the objective that may be left open. [pure]

    Returns
    -------
    TailSolution
        Trade, prices of the rows, and a lower bound. [contracts]

    Raises
    ------
    SolveError
        If the rows cannot be met together, or the bound stays away.

    References
    ----------
    Kiwiel (1990), Math. Programming 46:105, algorithm 2.1; Rockafellar, Uryasev (2002), J. Banking & Finance 26:1443.
    """
    if problem.tail is None:
        raise SolveError(SolveFault.NOT_CONVERGED, "a problem without scenarios", "use solve_convex")
    prepared = prepare(problem)
    bundle = _Bundle(prepared, problem.tail)
    # Probabilities belong to the set of one measure and level over so many scenarios, and to no other.
    if isinstance(warm, TailSolution) and warm.measured == _measured(problem.tail):
        for weights in warm.weights:
            bundle.add(weights)
    found = _descend(bundle, warm, gap)
    if found is None:
        solve_convex(replace(problem, tail=None))  # says what conflicts, if the rows do
        raise SolveError(SolveFault.NOT_CONVERGED, "no plan over scenarios was found", "loosen a band or state limits")
    z, value, bound, prices = found
    if not np.isfinite(bound):
        unbounded = explain_unbounded(replace(problem, tail=None), prepared.scaled)
        raise unbounded or SolveError(
            SolveFault.NOT_CONVERGED, "no lower bound over scenarios was found", "state limits for what may be traded"
        )
    return _tail_solution(bundle, z, value, bound, prices)


class _Best(NamedTuple):
    """Where the method stands: the best trade, its worth, the best bound, prices of the rows."""

    z: Float64[np.ndarray, " n_piece"]
    value: float
    bound: float
    prices: Float64[np.ndarray, " n_row"]


def _descend(bundle: _Bundle, warm: Solution | None, gap: float) -> _Best | None:
    """Take proximal steps until trade and bound are within the gap."""
    n, m = bundle.split.linear.size, bundle.split.rows.shape[0]
    best = _Best(np.zeros(n), np.inf, -np.inf, np.zeros(m))
    if warm is not None and warm.x.size == bundle.split.base.size:
        best = best._replace(z=_taken(bundle, warm.x))
    bundle.step = warm.step if isinstance(warm, TailSolution) else 1.0
    # The worth of what would end the search, in the units of the objective.
    constant = variance_term(bundle.prepared.problem) / bundle.amount
    while bundle.steps < _MOST_STEPS:
        found = bundle.master(best.z, bundle.step)
        if found is None:
            return None if not np.isfinite(best.value) else best
        z, model, multipliers = found
        worth, weights = bundle.worth(z)
        value = worth / bundle.amount
        is_new = value - model > _NEW * (1.0 + abs(value))
        if is_new:  # a plane that is there already would only make the active set go in circles
            bundle.add(weights)
        predicted = best.value - model
        if value < best.value - _DESCENT * max(predicted, 0.0) or not np.isfinite(best.value):
            best = best._replace(z=z, value=value, prices=multipliers[:m])
            bundle.step = min(2.0 * bundle.step, 1e4)
        else:
            bundle.step = max(0.8 * bundle.step, 1e-3)
        enough = gap * abs(best.value + constant)
        if predicted < 2.0 * enough:
            bound = bundle.bound(z, multipliers)
            if bound > best.bound:
                best = best._replace(bound=bound, prices=multipliers[:m])
            if best.value - best.bound <= enough or not (is_new or bundle.step < _WIDEST):
                return best
            bundle.step = min(4.0 * bundle.step, _WIDEST)  # the pull of the centre is what keeps the bound away
        bundle.drop(best.z)
    return best


def _taken(bundle: _Bundle, x: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n_piece"]:
    """Return what a trade takes of each piece, nearest to the base first."""
    split = bundle.split
    z = np.zeros(split.linear.size)
    left = (x / bundle.prepared.scaled.unit - split.base) / split.size
    for v in range(z.size):
        i = split.owner[v]
        z[v] = min(max(left[i] * split.sign[v], 0.0), split.upper[v])
        left[i] -= z[v] * split.sign[v]
    return z


def _tail_solution(bundle: _Bundle, z: np.ndarray, value: float, bound: float, prices: np.ndarray) -> TailSolution:
    problem, scaled = bundle.prepared.problem, bundle.prepared.scaled
    x = np.clip(bundle.contracts(z), problem.trade_lower, problem.trade_upper)
    start = variance_term(problem)
    objective, lower = value * bundle.amount + start, bound * bundle.amount + start
    row_prices = prices * bundle.amount / (scaled.row_norm * bundle.split.size)
    feasibility = certify(problem, x, row_prices, bundle.prepared.raw).feasibility
    certificate = Certificate(
        stationarity=None,
        feasibility=feasibility,
        complementarity=None,
        loss=None,
        lower_bound=lower,
        gap=gap_above(problem, objective, lower),
    )
    return TailSolution(
        x=frozen(x),
        prices=frozen(row_prices),
        certificate=certificate,
        chain=(f"bundle, {bundle.steps} steps",),
        weights=tuple(bundle.kept[k] for k in bundle.highest(z, _RECYCLED)),
        steps=bundle.steps,
        step=bundle.step,
        measured=_measured(bundle.risk),
    )


def _measured(risk: ScenarioRisk) -> tuple[str, float, int]:
    """Name what probabilities belong to."""
    level = 0.0 if risk.measure is RiskMeasure.WORST else risk.level
    return risk.measure.value, level, int(risk.book_pnl.size)
