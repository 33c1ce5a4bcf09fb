"""What a study is in numbers: one asset, a book of claims on it, dates and costs.

A linear study counts in the quote currency, and its asset y is the coin. A coin-settled one counts in coin, and its
asset is the dollar priced in coin, y = 1/S: a call on S struck at K that pays max(1 - K/S, 0) coin is K puts on y
struck at 1/K, and liquidity between a and b is liquidity between 1/b and 1/a. So policies see one kind of study only.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.config.load_simulation import model_of
from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.simulation_models import GbmLine
from hedgerow.config.simulation_tables import (
    CallLine,
    FullRangeLine,
    PoolLine,
    PutLine,
    RangeLine,
    TradingRules,
)
from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.lab.book_kernels import CALL, LIQUIDITY, PUT, book_rows
from hedgerow.lab.pool_legs import PricedLine, pool_lines
from hedgerow.pricing import VolFault, black76, implied_vol
from hedgerow.pricing.models import SABR, Model, price_model

NEVER: Final = 2**31
"""The date of what does not expire. [index]"""
_DAY_NS: Final = 86_400_000_000_000
_NO_PREMIUM: Final = 1e-6
"""A premium below this, of what the options are written on, is none. [fraction]"""
_PLAIN: Final = frozen(np.ones(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A book at one date.

    Parameters
    ----------
    value : ndarray of shape (n_path,)
        Its worth; where nobody asked for it, that of liquidity alone. [money]
    delta, gamma : ndarray of shape (n_path,)
        Derivatives in the price of the asset. [asset], [asset per money]
    """

    value: Float64[np.ndarray, " n_path"]
    delta: Float64[np.ndarray, " n_path"]
    gamma: Float64[np.ndarray, " n_path"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Date:
    """What all paths share at one date.

    Parameters
    ----------
    years : ndarray of shape (n_leg,)
        Times to expiry, below zero for what has paid or pays now. [years]
    expires : ndarray of shape (n_leg,) or None
        Zero for what pays now, below zero for all else; None if nothing does. [years]
    vol, left : float
        Mean vol and time to expiry of the options that are alive after it, weighted by their gamma at the money;
        without options the vol of the liquidity, and infinity. [fraction per square root of a year], [years]
    """

    years: Float64[np.ndarray, " n_leg"]
    expires: Float64[np.ndarray, " n_leg"] | None
    vol: float
    left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A study, ready to be simulated.

    Parameters
    ----------
    inverse : bool
        Whether money is the coin. [bool]
    spot : float
        Price of the asset now. [money per asset]
    steps : int
        Dates at which one may trade. [count]
    step_years : float
        Time between two dates. [years]
    step_ns : int
        The same on the clock of the study, on which a day has 24 hours. [ns]
    model : Model or None
        Of the coin in the quote currency; None for real returns.
    drift : float
        Real-world drift of the coin. [per year]
    legs : ndarray of shape (n_leg, 5)
        Kind, quantity, strike or lower edge, upper edge, vol, in terms of the asset. [various]
    expiry_step : ndarray of shape (n_leg,)
        The date at which each pays; beyond ``steps`` if it is still alive at the end. [index]
    expiry_years : ndarray of shape (n_leg,)
        Time to expiry; infinite for liquidity. [years]
    worth : float
        Price of the book now, under the model. [money]
    premium : float
        Size of the price of its options. [money]
    rules : TradingRules
        What trading costs.
    """

    inverse: bool
    spot: float
    steps: int
    step_years: float
    step_ns: int
    model: Model | None
    drift: float
    legs: Float64[np.ndarray, "n_leg 5"]
    expiry_step: Int64[np.ndarray, " n_leg"]
    expiry_years: Float64[np.ndarray, " n_leg"]
    worth: float
    premium: float
    rules: TradingRules

    def years_left(self, step: int) -> Float64[np.ndarray, " n_leg"]:
        """Return the time to each expiry.

        Parameters
        ----------
        step : int
            The date. [index]

        Returns
        -------
        ndarray of shape (n_leg,)
            Zero at its date, below zero after it. [years]
        """
        on_dates = (self.expiry_step - step) * self.step_years
        return np.where(self.expiry_step <= self.steps, on_dates, self.expiry_years - step * self.step_years)

    def book(
        self,
        y: Float64[np.ndarray, " n_path"],
        years: Float64[np.ndarray, " n_leg"],
        *,
        factor: Float64[np.ndarray, " n_factor"] = _PLAIN,
        valued: bool = False,
    ) -> Book:
        """Value the book.

        Parameters
        ----------
        y : ndarray of shape (n_path,)
            Prices of the asset. [money per asset]
        years : ndarray of shape (n_leg,)
            Times to expiry; below zero leaves a leg out. [years]
        factor : ndarray of shape (1,) or (n_path,)
            Times which vols are taken. [pure]
        valued : bool
            Whether the value is wanted too. [bool]

        Returns
        -------
        Book
            Value, delta and gamma. [money, asset, asset per money]
        """
        value, delta, gamma = np.empty((3, y.size))
        book_rows(y, factor, self.legs, years, valued, value, delta, gamma)
        return Book(value=value, delta=delta, gamma=gamma)

    def date(self, step: int) -> Date:
        """Return what all paths share at one date.

        Parameters
        ----------
        step : int
            The date. [index]

        Returns
        -------
        Date
            Times, and what expires. [years]
        """
        years = self.years_left(step)
        expires = years == 0.0
        alive = (self.legs[:, 0] != LIQUIDITY) & (years > 0.0)
        vol, left = float(self.legs[:, 4].mean()), math.inf
        if alive.any():
            vols, times = self.legs[alive, 4], years[alive]
            weight = np.abs(self.legs[alive, 1]) / (vols * np.sqrt(times))
            vol, left = float(weight @ vols / weight.sum()), float(weight @ times / weight.sum())
        return Date(
            years=frozen(np.where(expires, -1.0, years)),
            expires=frozen(np.where(expires, 0.0, -1.0)) if expires.any() else None,
            vol=vol,
            left=left,
        )


def make_setting(study: SimulationStudy, realised_vol: float | None) -> Setting:
    """Turn a study into numbers.

    Parameters
    ----------
    study : SimulationStudy
        The study, checked.
    realised_vol : float or None
        Vol of the returns that are resampled; None under a model. [fraction per square root of a year]

    Returns
    -------
    Setting
        Ready to be simulated. [as its fields]

    Raises
    ------
    ConfigError
        If an option expires between two dates, has no implied vol, or a premium is none where one is needed.
    InputError, TransformError
        If an option has no price under the model.
    """
    fields, lines = _lines(study)
    model = model_of(study)
    horizon, steps, step_days = _dates(study)
    if study.settlement == "inverse" and isinstance(model, SABR) and model.beta < 1.0:
        told = f"is {model.beta:g}: the coin can get to zero, where coin-settled options have no bound"
        raise study.error("model.beta", told, 'set it to 1, or settlement = "linear"')
    priced = _priced_lines(study, model, fields, lines, horizon, realised_vol)
    inverse = study.settlement == "inverse"
    expiries = np.array([getattr(line, "expiry_days", math.inf) for line in lines])
    setting = Setting(
        inverse=inverse,
        spot=1.0 / study.market.spot if inverse else study.market.spot,
        steps=steps,
        step_years=step_days / study.days_per_year,
        step_ns=round(step_days * _DAY_NS),
        model=model,
        drift=study.model.mu if study.model else 0.0,
        legs=frozen(np.array([_leg(line, vol, inverse) for line, (_, vol) in zip(lines, priced, strict=True)])),
        expiry_step=frozen(_expiry_steps(study, fields, expiries, horizon, step_days)),
        expiry_years=frozen(expiries / study.days_per_year),
        worth=sum(worth for worth, _ in priced),
        premium=abs(sum(w for line, (w, _) in zip(lines, priced, strict=True) if isinstance(line, CallLine | PutLine))),
        rules=study.hedge,
    )
    _check_premium(study, setting, lines)
    return setting


def _lines(study: SimulationStudy) -> tuple[tuple[str, ...], tuple[PricedLine, ...]]:
    """Return what is held as lines of a book, and where each stands in the file; pools are ranges from here on."""
    if study.option is not None:
        one, kind = study.option, CallLine if study.option.kind == "call" else PutLine
        strike = study.market.spot if one.strike is None else one.strike
        held = kind(strike=strike, expiry_days=one.expiry_days, quantity=one.quantity, settlement=one.settlement)
        return ("option",), (held,)
    fields: list[str] = []
    lines: list[PricedLine] = []
    for i, line in enumerate(study.position):
        where = f"position[{i}]"
        found = pool_lines(study, where, line) if isinstance(line, PoolLine) else [line]
        fields += [where] * len(found)
        lines += found
    return tuple(fields), tuple(lines)


def _dates(study: SimulationStudy) -> tuple[float, int, float]:
    """Return the last date, the number of steps, and their length, in days."""
    horizon = study.horizon_days
    steps = study.hedge.steps or max(round(horizon), 1)
    if study.hedge.steps is None and steps > 100_000:
        raise study.error("hedge.steps", f"is missing, and one per day makes {steps:,}", "state it")
    if horizon / steps * _DAY_NS < 1_000.0:
        raise study.error("hedge.steps", f"is {steps:,}: dates less than a microsecond apart", "take fewer")
    return horizon, steps, horizon / steps


def _expiry_steps(
    study: SimulationStudy,
    fields: tuple[str, ...],
    expiries: Float64[np.ndarray, " n_leg"],
    horizon: float,
    step_days: float,
) -> Int64[np.ndarray, " n_leg"]:
    """Return the date at which each leg pays, and refuse those that pay between two dates."""
    steps = np.full(expiries.size, NEVER, dtype=np.int64)
    for i, days in enumerate(expiries):
        if days <= horizon * (1.0 + 1e-12):
            count = days / step_days
            steps[i] = round(count)
            if abs(count - round(count)) > 1e-6:
                told = f"is {days:g}, between two dates that are {step_days:g} days apart"
                raise study.error(f"{fields[i]}.expiry_days", told, "choose hedge.steps so that it falls on one")
    return steps


def _priced_lines(
    study: SimulationStudy,
    model: Model | None,
    fields: tuple[str, ...],
    lines: tuple[PricedLine, ...],
    horizon: float,
    realised_vol: float | None,
) -> list[tuple[float, float]]:
    """Return what each line is worth now in money, and the vol at which it is hedged."""
    stated = study.hedge.vol or realised_vol
    found, liquid_vol = [], stated
    for field, line in zip(fields, lines, strict=True):
        if isinstance(line, CallLine | PutLine):
            option = line.strike, line.expiry_days / study.days_per_year, isinstance(line, CallLine)
            price, vol = _option(study, model, field, option, realised_vol)
            found.append((line.quantity * price, vol))
            continue
        if liquid_vol is None:  # that of the option at the money that expires at the end
            option = study.market.spot, horizon / study.days_per_year, True
            liquid_vol = _option(study, model, field, option, realised_vol)[1]
        found.append((_liquidity_worth(study, line), liquid_vol))
    return found


def _liquidity_worth(study: SimulationStudy, line: FullRangeLine | RangeLine) -> float:
    spot = study.market.spot
    low, high = (line.lower, line.upper) if isinstance(line, RangeLine) else (0.0, math.inf)
    root = math.sqrt(min(max(spot, low), high))
    coins, cash = line.liquidity * (1.0 / root - 1.0 / math.sqrt(high)), line.liquidity * (root - math.sqrt(low))
    return coins + cash / spot if study.settlement == "inverse" else coins * spot + cash


def _option(
    study: SimulationStudy,
    model: Model | None,
    field: str,
    option: tuple[float, float, bool],
    realised_vol: float | None,
) -> tuple[float, float]:
    """Return the price of one option in money, and the vol at which it is hedged."""
    strike, years, call = option
    spot, inverse, stated = study.market.spot, study.settlement == "inverse", study.hedge.vol
    known = study.model.sigma if isinstance(study.model, GbmLine) else None
    if model is None or known is not None:
        at = known or stated or realised_vol
        price = float(black76(spot, strike, years, at or 1.0, call, inverse=inverse).price[0])
        return price, stated or at or 1.0
    price = max(float(price_model(model, spot, strike, years, call, inverse=inverse).price[0]), 0.0)
    if stated is not None:
        return price, stated
    # Out of the money the vol is found without loss of digits: parity takes the intrinsic value away.
    intrinsic = max((spot - strike) * (1.0 if call else -1.0), 0.0) / (spot if inverse else 1.0)
    found, fault = implied_vol(np.array([price - intrinsic]), spot, strike, years, spot < strike, inverse=inverse)
    if fault[0] != VolFault.SOLVED:
        told = f"has no implied vol: its price under the model is {price:g}"
        raise study.error(field, told, "state hedge.vol, or another strike or expiry")
    return price, float(found[0])


def _leg(line: PricedLine, vol: float, inverse: bool) -> tuple[float, ...]:
    """Return a line in terms of the asset."""
    if isinstance(line, CallLine | PutLine):
        call = isinstance(line, CallLine)
        if inverse:  # of a dollar in coin the call is a put
            return PUT if call else CALL, line.quantity * line.strike, 1.0 / line.strike, 0.0, vol
        return CALL if call else PUT, line.quantity, line.strike, 0.0, vol
    if isinstance(line, FullRangeLine):
        return LIQUIDITY, line.liquidity, 0.0, math.inf, vol
    low, high = (1.0 / line.upper, 1.0 / line.lower) if inverse else (line.lower, line.upper)
    return LIQUIDITY, line.liquidity, low, high, vol


def _check_premium(study: SimulationStudy, setting: Setting, lines: tuple[PricedLine, ...]) -> None:
    if study.objective.report != "percent_of_premium":
        return
    held = sum(abs(line.quantity) for line in lines if isinstance(line, CallLine | PutLine))
    if setting.premium <= _NO_PREMIUM * held * (1.0 if setting.inverse else setting.spot):
        told = f"is percent_of_premium, and the premium is {setting.premium:g}"
        raise study.error("objective.report", told, 'write report = "money"')
