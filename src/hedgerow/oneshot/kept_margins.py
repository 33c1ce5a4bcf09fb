"""Plans whose accounts are covered by the venue's own rule, in whole lots and after costs.

Limits hold linear pieces of a margin; a rule grows with the square of a size, shocks beyond a threshold, and haircuts
meet P&L as it is realised. So every plan is measured by the rule itself. Where an account falls short, a limit is added
and the plan made anew, until nothing is short or the plan is refused.

The limit touches the margin where the way from no trade to the plan leaves what is covered (Veinott's supporting
hyperplanes). Trading nothing keeps it, so an account that is covered as it stands is never alone the reason to refuse.
Of a margin that is convex in the trades it takes away nothing that is covered; of one that is not it may.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hedgerow.config import AccountTerms
from hedgerow.core.arrays import Float64
from hedgerow.core.errors import HedgerowError, InputError, SolveError, SolveFault
from hedgerow.hedging import HedgePlan, HedgeProblem, Limit, plan_hedge
from hedgerow.margin import MarginRule, covering_equity
from hedgerow.oneshot.account_books import account_book, account_holdings
from hedgerow.oneshot.account_rules import rule_error, rule_of
from hedgerow.oneshot.holdings import Holdings, home_of_tool

_ROUNDS: Final = 24
_EXACT: Final = 4
"""Rounds in which all that is covered may be used; later limits keep a share of it back, which doubles. [count]"""
_FIRST_SHARE: Final = 1e-6
_ROUNDING: Final = 1e-9
_CLOSE: Final = 1e-10
_STEPS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """One account under a rule, and by how much it is short after trades."""

    holdings: Holdings
    problem: HedgeProblem
    terms: AccountTerms
    rule: MarginRule
    mine: np.ndarray

    def needs(self, x: Float64[np.ndarray, " n"]) -> tuple[float, float]:
        """Return initial margin and what covers it, after trades and their costs. [USD]"""
        names = self.problem.names
        traded = {names[i]: float(x[i]) for i in np.flatnonzero(self.mine & (x != 0.0)).tolist()}
        cost = {name: self.problem.curves[names.index(name)].at(quantity) for name, quantity in traded.items()}
        book = account_book(self.holdings, account_holdings(self.holdings, self.terms, traded, cost))
        return self.rule.requirement(book).initial, covering_equity(book, self.rule, self.terms.haircuts)

    def short(self, x: Float64[np.ndarray, " n"]) -> float:
        """Return by how much margin exceeds what covers it; endless where the rule has no figures. [USD]"""
        try:
            initial, covering = self.needs(x)
        except InputError:
            return float("inf")
        return initial - covering

    def broken(self, x: Float64[np.ndarray, " n"]) -> str:
        """Say by how much trades leave the account short; nothing if they do not. [text]"""
        try:
            initial, covering = self.needs(x)
        except InputError as error:
            return f"of account {self.terms.name} {error.problem}"
        if initial - covering <= _ROUNDING * (initial + abs(covering)):
            return ""
        rate, unit = self.holdings.per_usd, self.holdings.numeraire
        return (
            f"account {self.terms.name} would need an initial margin of {_amount(initial * rate)} {unit} by "
            f"{self.rule.name} and have {_amount(covering * rate)} that covers it, "
            f"{_amount((initial - covering) * rate)} too little"
        )

    def short_now(self) -> tuple[str, str]:
        """Say by how much the account is short before any trade, and what mends it; nothing where it is not. [text]"""
        initial, covering = self.needs(np.zeros(len(self.problem.names)))
        if initial - covering <= _ROUNDING * (initial + abs(covering)):
            return "", ""
        rate, unit = self.holdings.per_usd, self.holdings.numeraire
        missing = f"{_enough((initial - covering) * rate)} {unit}"
        said = (
            f"account {self.terms.name} is short by {missing} before any trade: it needs an initial margin of "
            f"{_amount(initial * rate)} {unit} by {self.rule.name} and has {_amount(covering * rate)} that covers it"
        )
        cut = " after haircuts" if any(self.terms.haircuts.values()) else ""
        return said, f"add at least {missing}{cut} to account {self.terms.name}, or close positions in it"

    def cut(self, x: Float64[np.ndarray, " n"], share: float) -> Limit:
        """Return a limit that trades break; trading nothing keeps it if the account is covered as it stands."""
        nothing = np.zeros(x.size)
        initial, covering = self.needs(nothing)
        room, over = covering - initial, self.short(x)
        if room <= 0.0:  # to be brought back: what is short is counted from the plan itself
            at, value = x, over + share * abs(covering)
        else:
            at, value = self._edge(x, -share * room) * x, 0.0
        linear, long, short = self._slopes(at)
        made = self._limit(linear, long, short, at, value, covering)
        if room <= 0.0:
            return made
        excess = [made.at(self.problem.held + y, y) - made.upper for y in (nothing, x)]
        if excess[0] <= _ROUNDING * abs(made.upper) and excess[1] > 0.0:
            return made
        # The margin is not convex here: nothing beyond the edge, in the direction of the plan.
        linear = np.where(self.mine, x, 0.0) / float(np.max(np.abs(x[self.mine]))) ** 2
        linear = linear / float(linear @ x) * (over if np.isfinite(over) else room)
        return self._limit(linear, nothing, nothing, at, 0.0, covering)

    def _edge(self, x: Float64[np.ndarray, " n"], most: float) -> float:
        """Return the largest share of trades found that leaves the account short by at most so much. [fraction]

        Dowell, Jarratt (1971), BIT 11:168: false position, Illinois variant; bisection where the rule has no figures.
        """
        low, high = 0.0, 1.0
        below, above = self.short(low * x) - most, self.short(high * x) - most
        close, side = _CLOSE * (above - below if np.isfinite(above) else -below), 0
        for _ in range(_STEPS):
            finite = np.isfinite(above) and above > below
            middle = (low * above - high * below) / (above - below) if finite else 0.5 * (low + high)
            value = self.short(middle * x) - most
            if value <= 0.0:
                low, below = middle, value
                above, side = (0.5 * above if side < 0 else above), -1
                if value >= -close:
                    break
            else:
                high, above = middle, value
                below, side = (0.5 * below if side > 0 else below), 1
        return low

    def _slopes(self, at: Float64[np.ndarray, " n"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what a contract more changes: traded, and where none is held or traded, long and short. [USD]"""
        linear, long, short = (np.zeros(at.size) for _ in range(3))
        here = self.short(at)
        for i in np.flatnonzero(self.mine).tolist():
            step = np.zeros(at.size)
            step[i] = max(self.problem.lot[i], 1e-6 * abs(at[i]))
            more, less = ((self.short(at + way * step) - here) / step[i] for way in (1.0, -1.0))
            if at[i] == self.problem.held[i] == 0.0 and more + less > 0.0:
                long[i], short[i] = more, less
            else:
                linear[i] = 0.5 * (more - less)
        return linear, long, short

    def _limit(
        self, linear: np.ndarray, long: np.ndarray, short: np.ndarray, at: np.ndarray, value: float, covering: float
    ) -> Limit:
        """Return the limit with these slopes that comes to so much above its end at trades."""
        if not all(np.all(np.isfinite(slopes)) for slopes in (linear, long, short)):
            linear, long, short = (np.zeros(at.size) for _ in range(3))
        rate = self.holdings.per_usd
        made = Limit(
            name=f"the margin of account {self.terms.name}: {self.rule.name}, beside this plan",
            upper=covering * rate,
            start=0.0,
            linear=linear * rate,
            long=long * rate,
            short=short * rate,
        )
        return replace(made, start=(covering + value) * rate - made.at(self.problem.held + at, at))


def keep_margins(holdings: Holdings, problem: HedgeProblem) -> tuple[HedgeProblem, HedgePlan]:
    """Plan a hedge after which every account is covered by its venue's rule.

    Parameters
    ----------
    holdings : Holdings
        The desk in its market.
    problem : HedgeProblem
        Its hedge problem, with the rows of the rules as limits.

    Returns
    -------
    tuple of (HedgeProblem, HedgePlan)
        The problem with the limits that were added, and its plan: after its whole lots and their costs, the initial
        margin of every account under a rule is at most what covers it, but for rounding. [numeraire]

    Raises
    ------
    SolveError
        If no plan was found: with the account and what it is short of, or with the limits that conflict.
    ConfigError
        If a rule does not cover what its account holds.

    References
    ----------
    Veinott (1967), Operations Research 15:147, doi 10.1287/opre.15.1.147: supporting hyperplanes; Kelley (1960),
    J. SIAM 8:703: tangents.
    """
    accounts = _accounts(holdings, problem)
    plan = _planned(problem, accounts)
    for turn in range(_ROUNDS + 1):
        short = [(account, words) for account in accounts if (words := account.broken(plan.quantity))]
        if not short:
            return problem, plan
        if turn == _ROUNDS:
            break
        share = min(_FIRST_SHARE * 2.0 ** (turn - _EXACT), 0.5) if turn >= _EXACT else 0.0
        cuts = [account.cut(plan.quantity, share) for account, _ in short]
        problem = replace(problem, limits=(*problem.limits, *cuts))
        plan = _planned(problem, accounts)
    _refuse_short(accounts)
    raise SolveError(
        SolveFault.INFEASIBLE,
        f"no plan in whole lots was found that keeps every margin: {'; '.join(words for _, words in short)}",
        "add collateral, widen a band, or lower what may be traded",
    )


def _planned(problem: HedgeProblem, accounts: list[_Account]) -> HedgePlan:
    """Plan; where margins make that impossible, say what the accounts would need without them, and have."""
    try:
        return plan_hedge(problem)
    except SolveError as error:
        ours = tuple(f"the margin of account {account.terms.name}: " for account in accounts)
        others = tuple(limit for limit in problem.limits if not limit.name.startswith(ours))
        if error.fault is not SolveFault.INFEASIBLE or len(others) == len(problem.limits):
            raise
        _refuse_short(accounts)
        try:
            plan = plan_hedge(replace(problem, limits=others))
        except SolveError:
            raise error from None
        short = [words for account in accounts if (words := account.broken(plan.quantity))]
        if not short:
            raise
        raise SolveError(
            SolveFault.INFEASIBLE,
            f"no trade meets the margin and everything else together; for the rest alone {'; '.join(short)}",
            "add collateral, widen a band, or lower what may be traded",
        ) from None


def _refuse_short(accounts: list[_Account]) -> None:
    """Refuse accounts that are short before any trade, where no plan was found that brings them back."""
    found = [(said, advice) for account in accounts for said, advice in [account.short_now()] if said]
    if found:
        problem = f"{'; '.join(said for said, _ in found)}; no trade that the limits and bands allow mends that"
        raise SolveError(SolveFault.INFEASIBLE, problem, "; ".join(advice for _, advice in found)) from None


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:,.6g}"


def _enough(value: float) -> str:
    """Write an amount that is at least so much."""
    return _amount(math.ceil(value) if value >= 1e4 else value * (1.0 + 5e-6))


def _accounts(holdings: Holdings, problem: HedgeProblem) -> list[_Account]:
    """Return the accounts under a rule, which must have figures for what is held."""
    homes = [home_of_tool(holdings.desk, name) for name in problem.names]
    found = [
        _Account(
            holdings=holdings,
            problem=problem,
            terms=terms,
            rule=rule_of(holdings.desk, terms, holdings.marking.snapshot.as_of_ns),
            mine=np.array([home == terms.name for home in homes], dtype=bool),
        )
        for terms in holdings.desk.account
        if terms.rule is not None
    ]
    for account in found:
        try:
            account.needs(np.zeros(len(problem.names)))
        except HedgerowError as error:
            raise rule_error(holdings.desk, account.terms, error) from None
    return found
