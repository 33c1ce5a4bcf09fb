"""Fixed charges and smallest trades: branch and bound over who trades, and which way.

At a node every instrument may do nothing, buy or sell, or a choice of these. Where nothing is a choice, its charge is
spread over the most that it may trade (the convex envelope of a charge and a linear cost), and the node is one
quadratic program that DAQP solves warm. The bound of a node is not the solver's: it is computed from the multipliers
(``branch_kernels.py``), with every instrument's charge taken whole, and also bounds each choice of each instrument, so
that most choices are closed without being solved. The node with the lowest bound is opened next, until the lowest
bound is within the gap of the best plan.

Land, Doig (1960), Econometrica 28:497, eq. 1-4; Geoffrion (1974), Mathematical Programming Study 2:82, for the bounds.
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.hedging import branch_kernels
from hedgerow.hedging.branch_kernels import BUY, OFF, SELL, Node
from hedgerow.hedging.conflicts import is_contradiction
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.quadratic import OPTIMAL, daqp_model, piqp_attempt
from hedgerow.hedging.solver import Prepared, prepare
from hedgerow.hedging.split import INFINITE, Split, expanded, split_of

MOST_NODES: Final = 20_000
"""How many nodes are opened at most; then the bound so far is stated. [count]"""

GAP: Final = 1e-5
"""Share of the objective that may be left open. [pure]"""

_RIDGE: Final = 1e-7
_POLISHED: Final = 200
_REFINED: Final = 1
_NEGLIGIBLE: Final = 0.3
_MET: Final = 1e-8
_FIRST: Final = 12
_AGAIN: Final = 4
"""How often 3/2 powers are expanded at the first node, and at every other. [count]"""
_NOTHING: Final = 1e-9
"""A piece of which less is taken is not begun. [units of the answer]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branched:
    """What branch and bound found.

    Parameters
    ----------
    choice : ndarray of shape (n_instrument,)
        What each instrument does in the best plan: 1 nothing, 2 buy, 4 sell. [code]
    lower : float
        No plan is better than this. [numeraire]
    objective : float
        The best plan's, to the accuracy of the search. [numeraire]
    nodes : int
        Quadratic programs solved. [count]
    """

    choice: Int64[np.ndarray, " n_instrument"]
    lower: float
    objective: float
    nodes: int


class _Open(NamedTuple):
    """An open node: in the order of bounds, then of arrival."""

    bound: float
    number: int
    allowed: Int64[np.ndarray, " n"]


class _Answer(NamedTuple):
    """A solved node: its program's linear term, what is taken of each piece, bound and bounds of all choices."""

    linear: Float64[np.ndarray, " n_piece"]
    z: Float64[np.ndarray, " n_piece"]
    bound: float
    parts: Float64[np.ndarray, "3 n"]
    value: float
    is_plan: bool
    choice: Int64[np.ndarray, " n"]


class _Tree:
    """The search; all amounts in units of the split problem."""

    def __init__(self, prepared: Prepared, split: Split) -> None:
        self.split, self.n = split, len(prepared.problem.names)
        self.shared = _shared(prepared, split)
        self.model: Any = None
        self.centre, self.bend = np.zeros(split.linear.size), np.zeros(split.linear.size)
        self.nodes = 0
        self.is_empty = False
        self.constant, self.gap = 0.0, GAP
        self.best, self.best_choice = np.inf, np.full(self.n, OFF, dtype=np.int64)
        self.tried: set[bytes] = set()

    def solve(self, allowed: Int64[np.ndarray, " n"]) -> _Answer | None:
        """Solve a node and bound it; None if no trade meets its rows."""
        split, n_piece = self.split, self.split.linear.size
        linear, lower, upper = np.empty(n_piece), np.empty(split.lower.size), np.empty(split.upper.size)
        branch_kernels.open_node(self.shared, allowed, linear, lower, upper)
        self.nodes += 1
        found = self.program(linear, lower, upper) or self.interior(linear, lower, upper)
        if found is None:
            self.is_empty = is_contradiction(self.split, lower, upper)
            return None
        (taken, multipliers), parts = found, np.empty((3, self.n))
        choice = np.empty(self.n, dtype=np.int64)
        # Where nothing limits a trade, no plan of more than ten times the largest one counts.
        ends = np.where(upper >= INFINITE, 10.0 * max(1.0, float(taken.max(initial=0.0))), upper)
        ends[n_piece:] = upper[n_piece:]
        bound, value, is_plan = branch_kernels.judge_node(
            self.shared, lower, ends, taken, multipliers, allowed, _NOTHING, parts, choice
        )
        return _Answer(linear, taken, bound, parts, value, is_plan, choice)

    def program(
        self, linear: Float64[np.ndarray, " n_piece"], lower: np.ndarray, upper: np.ndarray
    ) -> tuple[Float64[np.ndarray, " n_piece"], Float64[np.ndarray, " n_row"]] | None:
        """Solve a node's program, expanding 3/2 powers again at the answer, with the curvature of the first node."""
        shared, has_power = self.shared, bool(np.any(self.shared.power))
        found = None
        for _ in range((_FIRST if self.nodes == 1 else _AGAIN) if has_power else 1):
            slope, bend = expanded(shared.power, shared.start, self.centre)
            f = linear + slope + (bend - self.bend) * self.centre if self.nodes > 1 else linear + slope
            if self.nodes == 1:
                hessian = self.split.hessian + np.diag(bend)
                program = replace(self.split, hessian=hessian, linear=f, lower=lower, upper=upper)
                self.model, self.bend = daqp_model(program, _RIDGE), bend
            elif self.model is not None:
                self.model.update(f=f, bupper=upper, blower=lower)
            if self.model is None:
                return None
            z, _, flag, info = self.model.solve()
            if flag != OPTIMAL:
                return None
            z, info = self.refined(f, z, info)
            found = np.array(z), np.ascontiguousarray(info["lam"][z.size :])
            if np.max(np.abs(z - self.centre), initial=0.0) <= _NOTHING:
                break
            self.centre = np.array(z)
        return found

    def refined(self, f: np.ndarray, z: np.ndarray, info: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
        """Take away what the ridge does to multipliers, where the room of the pieces would blow it up."""
        room = np.minimum(self.split.upper[: z.size], 10.0 * max(1.0, float(np.max(z, initial=0.0))))
        worth = abs(self.best + self.constant) if np.isfinite(self.best) else 0.0
        for _ in range(_REFINED if _RIDGE * float(np.abs(z) @ room) > _NEGLIGIBLE * self.gap * worth else 0):
            self.model.update(f=f - _RIDGE * z)
            again, _, flag, more = self.model.solve()
            if flag != OPTIMAL:
                break
            z, info = again, more
        return z, info

    def interior(
        self, linear: Float64[np.ndarray, " n_piece"], lower: np.ndarray, upper: np.ndarray
    ) -> tuple[Float64[np.ndarray, " n_piece"], Float64[np.ndarray, " n_row"]] | None:
        """Solve a node by an interior-point method where DAQP gave up."""
        slope, bend = expanded(self.shared.power, self.shared.start, self.centre)
        hessian = self.split.hessian + np.diag(bend + _RIDGE)
        program = replace(self.split, hessian=hessian, linear=linear + slope, lower=lower, upper=upper)
        for z, prices in piqp_attempt(program):
            values = program.rows @ z
            away = np.maximum(lower[z.size :] - values, values - upper[z.size :])
            if np.all(np.isfinite(z)) and np.all(np.isfinite(prices)) and np.max(away, initial=0.0) <= _MET:
                return np.array(z), np.ascontiguousarray(prices)
        return None

    def offer(self, answer: _Answer, *, and_polish: bool) -> None:
        """Take an answer as the best plan if it is one; where asked, after making the best of what it trades."""
        if answer.is_plan and answer.value < self.best:
            self.best, self.best_choice = answer.value, answer.choice
        key = answer.choice.tobytes()
        if and_polish and key not in self.tried:
            self.tried.add(key)
            polished = self.solve(answer.choice)
            if polished is not None:
                self.offer(polished, and_polish=False)


def _shared(prepared: Prepared, split: Split) -> Node:
    """Collect what all nodes share."""
    problem, owner, sign = prepared.problem, split.owner, split.sign
    risk = np.ascontiguousarray(prepared.scaled.program.hessian[np.ix_(owner, owner)] * np.outer(sign, sign))
    least = _least(prepared, split)
    left: dict[tuple[int, float], float] = {}
    first = np.zeros(owner.size)
    for v, key in enumerate(zip(owner.tolist(), sign.tolist(), strict=True)):
        begun = left.setdefault(key, float(least[key[0]]))
        first[v] = min(begun, float(split.upper[v]))  # the piece next to the base begins it
        left[key] = begun - first[v]
    return Node(
        risk=risk,
        curve=np.diag(split.hessian) - np.diag(risk),
        linear=split.linear,
        power=prepared.scaled.program.power[owner] / np.sqrt(split.size),
        start=split.starts(),
        rows=split.rows,
        lower=split.lower,
        upper=split.upper,
        owner=owner,
        way=np.where(sign > 0.0, BUY, SELL),
        first=first,
        # Who must trade pays in any case: that is in the worth of the base.
        charge=np.where(split.base == 0.0, [curve.fixed for curve in problem.curves], 0.0) / split.size**2,
    )


def _least(prepared: Prepared, split: Split) -> Float64[np.ndarray, " n"]:
    """Return what is taken of pieces at least: a trade is at least a lot, at least the smallest, base included."""
    least = np.maximum(prepared.problem.least, prepared.problem.lot) / prepared.scaled.unit
    short = least - np.abs(split.base)
    return np.where(short > 1e-9 * least, short, 0.0) / split.size


def branch(problem: HedgeProblem, *, gap: float = GAP, most_nodes: int = MOST_NODES) -> Branched | None:
    """Find who trades.

    Parameters
    ----------
    problem : HedgeProblem
        The problem; without limits on trades a charge bounds nothing, and the search is long.
    gap : float
        Share of the objective that may be left open. [pure]
    most_nodes : int
        How many nodes are opened at most. [count]

    Returns
    -------
    Branched or None
        The best plan's choices and the bound; None if no plan was found. [numeraire]

    References
    ----------
    Land, Doig (1960), Econometrica 28:497.
    """
    prepared = prepare(problem)
    split = split_of(prepared.scaled.program, None, whole=True)
    if split.linear.size == 0:
        return (
            None if np.any(_least(prepared, split) > 0.0) and np.any(split.base) else _alone(problem, prepared, split)
        )
    tree = _Tree(prepared, split)
    start = _start(tree, _least(prepared, split))
    if np.any(start == 0):
        return None  # what must trade may not trade enough
    constant = problem.objective(split.base * prepared.scaled.unit)
    scale = split.size**2
    tree.constant, tree.gap = constant / scale, gap
    lowest = _search(tree, start, gap, most_nodes, constant / scale)
    if not np.isfinite(tree.best):
        return None
    return Branched(
        choice=tree.best_choice,
        lower=min(lowest, tree.best) * scale + constant,
        objective=tree.best * scale + constant,
        nodes=tree.nodes,
    )


def _alone(problem: HedgeProblem, prepared: Prepared, split: Split) -> Branched | None:
    """Return the one plan that the limits on trades leave, unless it trades too little."""
    x = split.base * prepared.scaled.unit
    if np.any((x != 0.0) & (np.abs(x) < problem.least)):
        return None
    objective = problem.objective(x)
    choice = np.where(x > 0.0, BUY, np.where(x < 0.0, SELL, OFF)).astype(np.int64)
    return Branched(choice=choice, lower=objective, objective=objective, nodes=0)


def _search(tree: _Tree, start: Int64[np.ndarray, " n"], gap: float, most_nodes: int, constant: float) -> float:
    """Open nodes until the gap is closed; returns the lowest bound left."""
    numbers = itertools.count()
    heap = [_Open(-np.inf, next(numbers), start)]
    closed = np.inf
    while heap and tree.nodes < most_nodes:
        node = heapq.heappop(heap)
        if node.bound >= tree.best - gap * abs(tree.best + constant):
            return min(closed, node.bound)
        answer = tree.solve(node.allowed)
        if answer is None:
            # A solver's word is no proof: unless the rows are shown to contradict the node, its bound stays open.
            closed = closed if tree.is_empty else min(closed, node.bound)
            continue
        bound = max(answer.bound, node.bound)
        tree.offer(answer, and_polish=node.number < _POLISHED or node.number % 16 == 0)
        enough = tree.best - gap * abs(tree.best + constant)
        if bound >= enough:
            closed = min(closed, bound)
            continue
        allowed = node.allowed.copy()
        changed, dead = branch_kernels.close_choices(answer.parts, enough, allowed)
        closed = min(closed, enough) if changed else closed
        if not dead:
            closed = min(closed, _spread(tree, heap, numbers, allowed, answer, bound, changed=changed))
    return min([closed, *(node.bound for node in heap)])


def _spread(
    tree: _Tree,
    heap: list[_Open],
    numbers: Iterator[int],
    allowed: Int64[np.ndarray, " n"],
    answer: _Answer,
    bound: float,
    *,
    changed: bool,
) -> float:
    """Open the choices of one instrument; returns the bound of what is finished with."""
    pick = branch_kernels.pick_instrument(tree.shared, allowed, answer.linear, answer.z, _NOTHING)
    if pick < 0 and changed:
        heapq.heappush(heap, _Open(bound, next(numbers), allowed))
        return np.inf
    if pick < 0:
        return bound
    for index, way in enumerate((OFF, BUY, SELL)):
        if allowed[pick] & way:
            child = allowed.copy()
            child[pick] = way
            heapq.heappush(heap, _Open(max(bound, float(answer.parts[index, pick])), next(numbers), child))
    return np.inf


def _start(tree: _Tree, least: Float64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Allow everything that can hold the smallest trade."""
    shared, split = tree.shared, tree.split
    allowed = np.full(tree.n, OFF | BUY | SELL, dtype=np.int64)
    for way in (BUY, SELL):
        mine = shared.way == way
        room = np.bincount(split.owner[mine], weights=split.upper[: split.linear.size][mine], minlength=tree.n)
        allowed = np.where((room <= 0.0) | (room < least * (1.0 - 1e-9)), allowed & ~way, allowed)
    return np.where((split.base != 0.0) & (least > 0.0), allowed & ~OFF, allowed)
