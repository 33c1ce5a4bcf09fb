"""QuantLib: Heston's and Bates' engines, its calibration and its simulation; Python only asks, C++ does the work."""

# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import QuantLib as ql  # noqa: N813
from numpy.typing import NDArray
from stopwatch import Columns, Job, measure


class Market(NamedTuple):
    """A forward that stays where it is."""

    today: Any
    curve: Any
    spot: Any


def market(columns: Columns) -> Market:
    """Return a market without rates; QuantLib counts in dates, so that every expiry is a whole day."""
    today = ql.Date(2, 1, 2024)
    ql.Settings.instance().evaluationDate = today
    curve = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, ql.Actual365Fixed()))
    return Market(today, curve, ql.QuoteHandle(ql.SimpleQuote(float(columns["forward"]))))


def heston_process(columns: Columns, given: Market) -> Any:
    """Return Heston's process; it is simulated by QuadraticExponentialMartingale unless told otherwise."""
    v0, kappa, theta, nu, rho = (float(columns[name]) for name in ("v0", "kappa", "theta", "vol_of_vol", "rho"))
    return ql.HestonProcess(given.curve, given.curve, given.spot, v0, kappa, theta, nu, rho)


def calls(days: NDArray[Any], strikes: NDArray[Any], given: Market, engine: Any) -> list[Any]:
    """Return one call for every row; all of them share the engine."""
    options = []
    for day, strike in zip(days.tolist(), strikes.tolist(), strict=True):
        payoff = ql.PlainVanillaPayoff(ql.Option.Call, strike)
        option = ql.VanillaOption(payoff, ql.EuropeanExercise(given.today + round(day)))
        option.setPricingEngine(engine)
        options.append(option)
    return options


def chain(columns: Columns, given: Market, engine: Any, what: str) -> Job:
    """Time the recalculation of options that were built before."""
    options = calls(columns["days"], columns["strike"], given, engine)

    def call() -> list[Any]:
        for option in options:
            option.recalculate()
        return options

    return Job(call, lambda done: np.array([option.NPV() for option in done]), f"{what}; price only")


def heston(engine: Callable[[Any], Any], what: str) -> Callable[[Columns], Job]:
    """Return what builds a chain under Heston with this engine."""

    def job(columns: Columns) -> Job:
        given = market(columns)
        return chain(columns, given, engine(ql.HestonModel(heston_process(columns, given))), what)

    return job


def bates(nodes: int) -> Callable[[Columns], Job]:
    """Return what builds a chain under Bates with so many nodes of Gauss-Laguerre."""

    def job(columns: Columns) -> Job:
        given = market(columns)
        numbers = [float(columns[name]) for name in ("v0", "kappa", "theta", "vol_of_vol", "rho")]
        jumps = [float(columns[name]) for name in ("jump_intensity", "jump_mean", "jump_vol")]
        process = ql.BatesProcess(given.curve, given.curve, given.spot, *numbers, *jumps)
        return chain(columns, given, ql.BatesEngine(ql.BatesModel(process), nodes), "BatesEngine")

    return job


def calibration(engine_of: Callable[[Any], Any], what: str) -> Callable[[Columns], Job]:
    """Return what fits Heston to quotes, priced by this engine."""
    return lambda columns: calibrated(columns, engine_of, what)


def calibrated(columns: Columns, engine_of: Callable[[Any], Any], what: str) -> Job:
    """Fit Heston to the quotes by Levenberg-Marquardt, by errors in vol."""
    given = market(columns)
    forward = float(columns["forward"])

    def call() -> list[float]:
        model = ql.HestonModel(heston_process(columns, given))
        engine = engine_of(model)
        helpers = []
        for day, strike, vol in zip(columns["days"], columns["strike"].tolist(), columns["vol"].tolist(), strict=True):
            quote = ql.QuoteHandle(ql.SimpleQuote(vol))
            period = ql.Period(round(day), ql.Days)
            errors = ql.BlackCalibrationHelper.ImpliedVolError
            helper = ql.HestonModelHelper(
                period, ql.NullCalendar(), forward, strike, quote, given.curve, given.curve, errors
            )
            helper.setPricingEngine(engine)
            helpers.append(helper)
        stop = ql.EndCriteria(400, 50, 1e-10, 1e-10, 1e-10)
        method = ql.LevenbergMarquardt(1e-10, 1e-10, 1e-10)
        model.calibrate(helpers, method, stop)
        return list(model.params())

    def column(found: list[float]) -> NDArray[np.float64]:
        theta, kappa, nu, rho, v0 = found
        return np.array([v0, kappa, theta, nu, rho])

    return Job(call, column, f"LevenbergMarquardt, {what}, vol errors")


def paths(columns: Columns) -> Job:
    """Price one call at the money by simulation, in a loop of C++."""
    given = market(columns)
    n, steps = int(columns["paths"]), int(columns["steps"])
    engine = ql.MCEuropeanHestonEngine(
        heston_process(columns, given), "pseudorandom", timeSteps=steps, requiredSamples=n, seed=1
    )
    (option,) = calls(columns["days"].reshape(1), columns["forward"].reshape(1), given, engine)

    def call() -> Any:
        option.recalculate()
        return option

    return Job(call, lambda done: np.array([done.NPV(), done.errorEstimate()]), "QE-M, one call at the money")


TASKS = {
    "heston, exponential fitting": heston(ql.ExponentialFittingHestonEngine, "ExponentialFittingHestonEngine"),
    "heston, 64 nodes": heston(lambda model: ql.AnalyticHestonEngine(model, 64), "AnalyticHestonEngine"),
    "heston, 144 nodes": heston(lambda model: ql.AnalyticHestonEngine(model, 144), "AnalyticHestonEngine, its default"),
    "heston, COS": heston(
        lambda model: ql.COSHestonEngine(model, 16, 200), "COSHestonEngine, its defaults: L 16, N 200"
    ),
    "bates, 96 nodes": bates(96),
    "bates, 144 nodes": bates(144),
    "calibration, 32 nodes": calibration(lambda model: ql.AnalyticHestonEngine(model, 32), "AnalyticHestonEngine"),
    "calibration, 64 nodes": calibration(lambda model: ql.AnalyticHestonEngine(model, 64), "AnalyticHestonEngine"),
    "calibration, exponential fitting": calibration(
        ql.ExponentialFittingHestonEngine, "ExponentialFittingHestonEngine"
    ),
    "paths": paths,
}

if __name__ == "__main__":
    measure("QuantLib", "QuantLib", TASKS)
