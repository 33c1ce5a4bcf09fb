"""The same problem again at every tick: what bound last time is tried first, and everything that stays is kept.

Between ticks the book's exposures move; what can be traded, at what cost and under which limits changes rarely. So
units, factorisation and what binds carry over. They are a cache: every answer is settled on what binds and certified
in original units, as a cold solve is, and a tick that does not certify is solved from scratch.
"""

from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.hedging import active_set_kernels, tick_kernels
from hedgerow.hedging.certificate import LOSS_TOLERANCE, TOLERANCE, certificate_of
from hedgerow.hedging.certificate_kernels import reach_of_rows
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.program_kernels import Program
from hedgerow.hedging.quadratic import OPTIMAL, PROXIMAL_WEIGHT, daqp_model
from hedgerow.hedging.solver import WARM_ROUNDS, Prepared, Solution, prepare, solve_convex
from hedgerow.hedging.split import INFINITE, Split, split_of

_WARM_CHAIN: Final = ("active set",)
_DAQP_CHAIN: Final = ("active set", "daqp, warm")


class _Laid(NamedTuple):
    """A problem laid out once, and where its exposures were then."""

    split: Split
    gradient: Float64[np.ndarray, " n"]
    base: Float64[np.ndarray, " m"]

    @classmethod
    def of(cls, split: Split, program: Program) -> "_Laid":
        """Remember the exposures that a split was laid out with."""
        return cls(split, program.gradient.copy(), program.base.copy())

    def moved(self, program: Program) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return linear term and ends at other exposures."""
        split, n_piece = self.split, self.split.linear.size
        turn = (program.gradient - self.gradient)[split.owner] * split.sign / split.size
        shift = np.concatenate([np.zeros(n_piece), (program.base - self.base) / split.size])
        lower = np.where(split.lower > -INFINITE, split.lower - shift, split.lower)
        upper = np.where(split.upper < INFINITE, split.upper - shift, split.upper)
        return split.linear + turn, lower, upper


class HedgeSession:
    """A hedge problem that is solved at every tick.

    Parameters
    ----------
    problem : HedgeProblem
        The problem at the first tick; without fixed charges, smallest trades and scenarios.

    Raises
    ------
    InputError
        If the problem has fixed charges, smallest trades or scenarios: plan those one by one.
    SolveError
        If there is no certified answer to the first tick.

    References
    ----------
    As ``solve_convex``.
    """

    def __init__(self, problem: HedgeProblem) -> None:
        if problem.has_fixed or problem.tail is not None:
            raise InputError(
                "a session with fixed charges, smallest trades or scenarios", "use plan_hedge at each tick"
            )
        if not problem.names:
            raise InputError("a session without instruments", "name what may be traded")
        self._problem = problem
        self._prepared = prepare(problem)
        self._lay_out(self._prepared)
        self._model: Any = None
        self._split: _Laid | None = None
        self.solution = solve_convex(problem)
        self._guess_from(self.solution)

    def _lay_out(self, prepared: Prepared) -> None:
        """Put everything into one store, as the kernel wants it."""
        problem, raw, scaled = prepared.problem, prepared.raw, prepared.scaled
        n, m = len(problem.names), raw.base.size
        self._shape = (n, raw.slope.shape[1], m, problem.book_loads.size)
        floats, ints = tick_kernels.store_sizes(*self._shape)
        self._store, self._counts = np.zeros(floats), np.zeros(ints, dtype=np.int64)
        views = tick_kernels.views(self._store, self._counts, *self._shape)
        self._raw, self._scaled, self._guess, self._exposures = views
        for into, source in ((self._raw, raw), (self._scaled, scaled.program)):
            for name in Program._fields:
                getattr(into, name)[...] = getattr(source, name)
        into = self._exposures
        into.loads[...], into.rows[...] = problem.book_loads, raw.base
        into.pull[...] = problem.risk_aversion * (problem.covariance @ problem.unit_loads)
        into.spread[...] = 0.5 * problem.risk_aversion * problem.covariance
        into.unit[...], into.norm[...], into.give[...] = scaled.unit, scaled.row_norm, prepared.give
        into.reach[...], into.lot[...] = reach_of_rows(raw, problem.lot), problem.lot

    def _guess_from(self, solution: Solution) -> None:
        scaled = self._prepared.scaled
        active_set_kernels.guess_from(
            self._scaled, self._guess, solution.x / scaled.unit, solution.prices * scaled.row_norm, 1e-9
        )

    def tick(
        self,
        book_loads: Float64[np.ndarray, " n_factor"],
        book_rows: Float64[np.ndarray, " n_row"],
    ) -> Solution:
        """Solve for new exposures of the book.

        Parameters
        ----------
        book_loads : ndarray of shape (n_factor,)
            P&L of the book per unit of each factor. [numeraire]
        book_rows : ndarray of shape (n_row,)
            Greeks of the book, then what each limit starts with. [unit of each row]

        Returns
        -------
        Solution
            The certified trade, the same as that of a cold solve. [contracts]

        Raises
        ------
        InputError
            If a shape does not fit or a number is not finite.
        SolveError
            If there is no certified answer; the session goes on with the next tick.

        References
        ----------
        As ``solve_convex``.
        """
        exposures = self._exposures
        for name, values, held in (
            ("book_loads", book_loads, exposures.loads),
            ("book_rows", book_rows, exposures.rows),
        ):
            if values.shape != held.shape:
                raise InputError(f"{name} has shape {values.shape}", f"{held.shape} is needed")
        exposures.loads[:] = book_loads
        exposures.rows[:] = book_rows
        found = self._settled(_WARM_CHAIN)
        if found is None and self._ask_daqp():
            found = self._settled(_DAQP_CHAIN)
        if found is None:
            found = self._from_scratch(book_loads, book_rows)
            self._guess_from(found)
        self.solution = found
        return found

    def _settled(self, chain: tuple[str, ...]) -> Solution | None:
        """Settle on what is guessed to bind; None without a certificate."""
        scaled, exposures = self._prepared.scaled, self._exposures
        *residuals, used = tick_kernels.tick(
            self._store, self._counts, *self._shape, scaled.plain, scaled.has_power, WARM_ROUNDS
        )
        if used < 0 or not (max(residuals[:3]) <= TOLERANCE and residuals[3] <= LOSS_TOLERANCE):
            return None
        return Solution(
            x=exposures.x.copy(),
            prices=exposures.prices.copy(),
            certificate=certificate_of(*residuals),
            chain=chain,
        )

    def _ask_daqp(self) -> bool:
        """Guess what binds from DAQP, warm from its own last answer."""
        if self._prepared.scaled.has_power:
            return False
        raw, scaled = self._split, self._scaled
        if raw is None:
            raw = self._split = _Laid.of(split_of(scaled, None), scaled)
            self._model = daqp_model(raw.split, PROXIMAL_WEIGHT)
            linear, lower, upper = raw.split.linear, raw.split.lower, raw.split.upper
        else:
            linear, lower, upper = raw.moved(scaled)
        if self._model is None:
            return False
        self._model.update(f=linear, bupper=upper, blower=lower)
        z, _, flag, info = self._model.solve()
        if flag != OPTIMAL:
            return False
        split = raw.split
        trade, multipliers = split.trade(np.asarray(z)), np.asarray(info["lam"])[split.linear.size :] * split.size
        active_set_kernels.guess_from(scaled, self._guess, trade, multipliers, 1e-9 * max(1.0, split.size))
        return True

    def _from_scratch(
        self, book_loads: Float64[np.ndarray, " n_factor"], book_rows: Float64[np.ndarray, " n_row"]
    ) -> Solution:
        m = len(self._problem.bands)
        return solve_convex(
            replace(
                self._problem,
                book_loads=np.array(book_loads),
                book_greeks=np.array(book_rows[:m]),
                limits=tuple(
                    replace(limit, start=float(start))
                    for limit, start in zip(self._problem.limits, book_rows[m:], strict=True)
                ),
            )
        )
