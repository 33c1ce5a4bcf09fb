"""What a dynamic program hedges: one asset, payoffs of it, dates and costs, as plain data."""

import math
from typing import Final, Literal

import msgspec

from hedgerow.core.errors import InputError

PayoffKind = Literal["call", "put", "liquidity"]

_LARGEST: Final = 1e12


class Payoff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A position that is held and not traded, as a payoff of the asset at one of the dates.

    Parameters
    ----------
    kind : {"call", "put", "liquidity"}
        An option, or liquidity of a pool between two prices.
    quantity : float
        Units, long > 0; of liquidity its L, in square roots of asset times money. [count]
    step : int
        The date at which it pays, counted from 0. [index]
    strike : float
        Of an option. [money per asset]
    lower, upper : float
        Range of liquidity; 0 and None for all prices. [money per asset]
    years_left : float
        If it expires after its date: how long after, and it is worth its Black value there. [years]
    vol : float
        At which it is valued before its date. [fraction per root of a year]
    """

    kind: PayoffKind
    quantity: float
    step: int
    strike: float = 0.0
    lower: float = 0.0
    upper: float | None = None
    years_left: float = 0.0
    vol: float = 0.0


_POSITIVE: Final = "give a positive number"
_NOT_NEGATIVE: Final = "give a number that is not negative"
_DOMAINS: Final = {
    **dict.fromkeys(("spot", "vol", "years"), (0.0, _POSITIVE)),
    **dict.fromkeys(("proportional_cost", "fixed_cost", "jump_intensity", "jump_vol"), (0.0, _NOT_NEGATIVE)),
    **dict.fromkeys(("drift", "jump_mean", "held"), (-_LARGEST, "give a finite number")),
}
"""Least value, and what to do about another, by name."""


class HedgingProblem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One asset to hedge payoffs with, at evenly spaced dates, from the first date to the last.

    ln of the asset moves by independent normal increments, with jumps of ln of it if an intensity is given: geometric
    Brownian motion, or Merton's model. No interest.

    Parameters
    ----------
    spot : float
        Price now. [money per asset]
    vol : float
        Vol between jumps. [fraction per root of a year]
    years : float
        From the first date to the last. [years]
    steps : int
        Dates at which one may trade: 0 to ``steps`` - 1; at ``steps`` what is left pays. [count]
    payoffs : tuple of Payoff
        What is held.
    proportional_cost : float
        Of the value traded. [fraction]
    fixed_cost : float
        Of every trade. [money]
    drift : float
        E[S_t] = S_0·exp(drift·t) in the real world. [per year]
    jump_intensity : float
        Jumps expected. [per year]
    jump_mean, jump_vol : float
        Mean and standard deviation of a jump of ln S. [pure]
    charge_first_trade, charge_liquidation : bool
        Whether the trade at date 0 costs, and whether the holding left at the end is sold at cost. [bool]
    held : float
        Holding before the first trade. [asset]

    Raises
    ------
    InputError
        If a number is outside its domain.
    """

    spot: float
    vol: float
    years: float
    steps: int
    payoffs: tuple[Payoff, ...]
    proportional_cost: float = 0.0
    fixed_cost: float = 0.0
    drift: float = 0.0
    jump_intensity: float = 0.0
    jump_mean: float = 0.0
    jump_vol: float = 0.0
    charge_first_trade: bool = True
    charge_liquidation: bool = True
    held: float = 0.0

    def __post_init__(self) -> None:
        for name, (least, advice) in _DOMAINS.items():
            value = getattr(self, name)
            if not (least < value < _LARGEST or (value == 0.0 and advice != _POSITIVE)):
                raise InputError(f"{name} = {value}", advice)
        if not self.proportional_cost < 1.0:
            advice = "it is a fraction of the value traded: 0.01 is 1 %"
            raise InputError(f"proportional_cost = {self.proportional_cost}", advice)
        if not 1 <= self.steps <= 100_000:
            raise InputError(f"steps = {self.steps}", "give 1 to 100,000 dates")
        if not self.payoffs:
            raise InputError("payoffs = ()", "name at least one position to hedge")
        for payoff in self.payoffs:
            _check_payoff(payoff, self.steps)

    @property
    def step_years(self) -> float:
        """Time between two dates. [years]"""
        return self.years / self.steps

    @property
    def step_vol(self) -> float:
        """Standard deviation of ln S over a step, jumps included. [pure]"""
        jumps = self.jump_intensity * (self.jump_mean**2 + self.jump_vol**2)
        return math.sqrt((self.vol**2 + jumps) * self.step_years)


def _check_payoff(payoff: Payoff, steps: int) -> None:
    if not 0 < payoff.step <= steps:
        raise InputError(f"a payoff at date {payoff.step}", f"it pays at one of the dates 1 to {steps}")
    if not abs(payoff.quantity) < _LARGEST:
        raise InputError(f"quantity = {payoff.quantity}", "give a finite number of units")
    if payoff.kind == "liquidity":
        if not 0.0 <= payoff.lower < (_LARGEST if payoff.upper is None else payoff.upper) <= _LARGEST:
            raise InputError(f"a range from {payoff.lower:g} to {payoff.upper}", "give its lower price first")
        return
    if not 0.0 < payoff.strike < _LARGEST:
        raise InputError(f"strike = {payoff.strike}", "give a positive number")
    if payoff.years_left and not (payoff.years_left > 0.0 and payoff.vol > 0.0):
        raise InputError(f"{payoff.years_left:g} years left at a vol of {payoff.vol:g}", "give both, positive")
