"""Policies through one block of paths: date by date, all on the same prices."""

import math
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np

from hedgerow.config.simulation_tables import TradingRules
from hedgerow.core.arrays import Float64
from hedgerow.lab.follow_kernels import follow_rows
from hedgerow.lab.ledger_kernels import impact_rows, trade_rows
from hedgerow.lab.setting import Book, Date, Setting
from hedgerow.policy import EveryBlock
from hedgerow.policy.scene import Band, Scene

PARTS: Final = ("proportional", "fixed", "impact", "trades", "turnover")
"""Rows of ``Outcome.parts``."""
_LEAST_FACTOR: Final = 1e-6
"""Vols are not scaled below this: a delta at no vol is that of the payoff. [pure]"""


@runtime_checkable
class BandPolicy(Protocol):
    """The port: a policy as paths see it. With ``reads_losses = True`` its scenes carry the losses so far."""

    def init(self) -> Any:
        """Return what it remembers before the first date.

        Returns
        -------
        object
            The memory. [as its fields]
        """
        ...

    def band(self, state: Any, scene: Scene) -> tuple[Any, Band]:
        """Return what it will remember, and its band.

        Parameters
        ----------
        state : object
            What it remembered.
        scene : Scene
            All paths at one date.

        Returns
        -------
        tuple of (object, Band)
            New memory, band. [asset]
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one policy came to on the paths of a block.

    Parameters
    ----------
    losses : ndarray of shape (n_path,)
        Above the price of the book, costs included. [money]
    parts : ndarray of shape (5, n_path)
        What ``PARTS`` names: costs, count of trades, value traded. [money], [count]
    """

    losses: Float64[np.ndarray, " n_path"]
    parts: Float64[np.ndarray, "5 n_path"]


class _Account:
    """One policy on all paths of a block."""

    def __init__(self, policy: BandPolicy, rules: TradingRules, paths: int) -> None:
        self.policy, self.state, self._rules = policy, policy.init(), rules
        self.reads_losses = bool(getattr(policy, "reads_losses", False))
        self.last = np.full(paths, np.nan)
        self.held, self.cash, self.trades, self.turnover, self.impact = np.zeros((5, paths))
        self._free_trades: Any = 0.0
        self._free_turnover: Any = 0.0

    def trade(self, y: np.ndarray, band: Band, step_years: float, *, charged: bool) -> None:
        """Take all paths through a band."""
        edges = (_wide(edge, y.size) for edge in band)
        impact = self._rules.impact_cost if charged else 0.0
        before = self.held.copy() if impact else self.held
        trade_rows(y, *edges, self.held, self.last, self.cash, self.trades, self.turnover)
        if impact:
            impact_rows(impact / step_years, before, self.held, self.impact)

    def forgive(self) -> None:
        """Let all trades so far be free."""
        self._free_trades, self._free_turnover = self.trades.copy(), self.turnover.copy()

    def costs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return proportional, fixed and impact costs so far."""
        proportional = self._rules.proportional_cost * (self.turnover - self._free_turnover)
        return proportional, self._rules.fixed_cost * (self.trades - self._free_trades), self.impact

    def losses(self, y: np.ndarray, gained: np.ndarray) -> np.ndarray:
        """Return losses so far, given what the book gained."""
        proportional, fixed, impact = self.costs()
        return np.asarray(proportional + fixed + impact - gained - self.cash - self.held * y)

    def settle(self, y: np.ndarray, gained: np.ndarray, step_years: float) -> Outcome:
        """Sell what is left, where that is charged as a trade, and close the account."""
        if self._rules.charge_liquidation:
            self.trade(y, Band(0.0, 0.0, 0.0, 0.0), step_years, charged=True)
        parts = np.array([*self.costs(), self.trades, self.turnover])
        return Outcome(losses=self.losses(y, gained), parts=parts)


class Walk:
    """Policies on their way through a study.

    Parameters
    ----------
    setting : Setting
        The study.
    policies : list of BandPolicy
        All see the same paths.

    References
    ----------
    Davis, Panas, Zariphopoulou (1993), SIAM J. Control and Optimization 31:470, doi 10.1137/0331022, section 2, for the
    accounts; losses as in Cao, Chen, Hull, Poulos (2021), J. Financial Data Science 3(1):10, arXiv 2103.16409.
    """

    def __init__(self, setting: Setting, policies: list[BandPolicy]) -> None:
        self._setting, self._policies = setting, policies
        self._dates = [setting.date(step) for step in range(setting.steps)]
        self._last = setting.years_left(setting.steps)
        start = setting.book(np.full(1, setting.spot), setting.years_left(0), valued=True)
        self._marked = float(start.value[0])

    def through(self, y: Float64[np.ndarray, "n_date n_path"]) -> list[Outcome]:
        """Take all policies through a block of paths.

        Parameters
        ----------
        y : ndarray of shape (n_date, n_path)
            Prices of the asset. [money per asset]

        Returns
        -------
        list of Outcome
            One for each policy. [as its fields]
        """
        setting, paths = self._setting, y.shape[1]
        if self._follows:
            return self._followed(y)
        accounts = [_Account(policy, setting.rules, paths) for policy in self._policies]
        valued = any(account.reads_losses for account in accounts)
        paid = np.zeros(paths)
        for step, date in enumerate(self._dates):
            if date.expires is not None:
                paid += setting.book(y[step], date.expires).value
            book = setting.book(y[step], date.years, valued=valued)
            seen = _Sight(setting, step, date, y[step], book)
            charged = step > 0 or setting.rules.charge_first_trade
            for account in accounts:
                losses: Any = math.nan
                if account.reads_losses:  # from the value at hedge vols on: at the first date nothing is lost yet
                    losses = account.losses(y[step], paid + book.value - self._marked)
                account.state, band = account.policy.band(account.state, seen.scene(account, losses))
                account.trade(y[step], band, setting.step_years, charged=charged)
                if not charged:
                    account.forgive()
        gained = paid + setting.book(y[-1], self._last, valued=True).value - setting.worth
        return [account.settle(y[-1], gained, setting.step_years) for account in accounts]

    @property
    def _follows(self) -> bool:
        """Whether one policy goes to the ideal holding at every date and nothing else happens on the way. [bool]"""
        rules = self._setting.rules
        is_plain = (
            rules.charge_first_trade and not rules.impact_cost and all(date.expires is None for date in self._dates)
        )
        return is_plain and len(self._policies) == 1 and isinstance(self._policies[0], EveryBlock)

    def _followed(self, y: Float64[np.ndarray, "n_date n_path"]) -> list[Outcome]:
        """Take that policy through a block, in one call."""
        setting = self._setting
        account = _Account(self._policies[0], setting.rules, y.shape[1])
        years = np.array([date.years for date in self._dates])
        follow_rows(y, setting.legs, years, account.held, account.last, account.cash, account.trades, account.turnover)
        gained = setting.book(y[-1], self._last, valued=True).value - setting.worth
        return [account.settle(y[-1], gained, setting.step_years)]


class _Sight:
    """What policies see at one date, computed once for all of them."""

    def __init__(self, setting: Setting, step: int, date: Date, y: np.ndarray, book: Book) -> None:
        self._setting, self._step, self._date, self._y = setting, step, date, y
        self._ideal, self._gamma = -book.delta, book.gamma

    def scene(self, account: _Account, losses: Any) -> Scene:
        return Scene(
            now_ns=self._step * self._setting.step_ns,
            step_years=self._setting.step_years,
            spot=self._y,
            ideal=self._ideal,
            gamma=self._gamma,
            held=account.held,
            last_spot=account.last,
            vol=self._date.vol,
            years=self._date.left,
            losses=losses,
            ideal_at=self._ideal_at,
        )

    def _ideal_at(self, factor: Any) -> np.ndarray:
        scaled = np.maximum(np.atleast_1d(np.asarray(factor, dtype=np.float64)), _LEAST_FACTOR)
        return -self._setting.book(self._y, self._date.years, factor=scaled).delta


def _wide(edge: Any, paths: int) -> np.ndarray:
    """Return a part of a band as one number per path."""
    if isinstance(edge, np.ndarray) and edge.size == paths and edge.flags.c_contiguous:
        return edge
    return np.full(paths, edge)
