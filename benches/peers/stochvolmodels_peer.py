"""stochvolmodels: Heston and its log-normal model by compiled Fourier sums, Heston's calibration and its simulation."""

# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

import contextlib
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stochvolmodels import HestonParams, HestonPricer, LogSvParams, LogSVPricer, OptionChain
from stochvolmodels.pricers.heston_pricer import simulate_heston_x_vol_terminal
from stochvolmodels.utils.funcs import set_seed
from stochvolmodels.utils.mc_payoffs import compute_mc_vars_payoff
from stopwatch import Columns, Job, measure


def chain(columns: Columns, vol: NDArray[Any] | None = None) -> OptionChain:
    """Return the options as a chain: calls, or quotes out of the money if there are vols."""
    days = np.unique(columns["days"])
    rows = [np.flatnonzero(columns["days"] == day) for day in days]
    strikes = tuple(columns["strike"][row] for row in rows)
    forward = float(columns["forward"])
    kinds = tuple(np.where((vol is None) | (strike > forward), "C", "P") for strike in strikes)
    quotes = None if vol is None else tuple(vol[row] for row in rows)
    return OptionChain(
        ids=np.array([f"{day:g}d" for day in days]),
        ttms=days / 365.0,
        forwards=np.full(days.size, forward),
        discfactors=np.ones(days.size),
        strikes_ttms=strikes,
        optiontypes_ttms=kinds,
        bid_ivs=quotes,
        ask_ivs=quotes,
    )


def parameters(columns: Columns) -> HestonParams:
    """Return Heston's parameters by their names there."""
    v0, kappa, theta, nu, rho = (float(columns[name]) for name in ("v0", "kappa", "theta", "vol_of_vol", "rho"))
    return HestonParams(v0=v0, theta=theta, kappa=kappa, rho=rho, volvol=nu)


def joined(prices: Any) -> NDArray[np.float64]:
    """Return the prices of all expiries as one column; its rows are sorted by expiry."""
    return np.concatenate([np.asarray(slice_) for slice_ in prices])


def heston(columns: Columns) -> Job:
    """Price a chain under Heston."""
    options, pricer, given = chain(columns), HestonPricer(), parameters(columns)
    return Job(lambda: pricer.price_chain(options, given), joined, "1,000 nodes for the whole chain; price only")


def lognormal(columns: Columns) -> Job:
    """Price a chain under the log-normal model."""
    options, pricer = chain(columns), LogSVPricer()
    names = ("vol0", "theta", "kappa1", "kappa2", "beta", "vol_of_vol")
    vol0, theta, kappa1, kappa2, beta, vol_of_vol = (float(columns[name]) for name in names)
    given = LogSvParams(sigma0=vol0, theta=theta, kappa1=kappa1, kappa2=kappa2, beta=beta, volvol=vol_of_vol)
    return Job(lambda: pricer.price_chain(options, given), joined, "second-order expansion, 1,000 nodes; price only")


def calibration(columns: Columns) -> Job:
    """Fit Heston to the quotes; it weighs by vega and holds Feller's condition, which is true here."""
    options, pricer, start = chain(columns, columns["vol"]), HestonPricer(), parameters(columns)

    def call() -> HestonParams:
        with contextlib.redirect_stdout(io.StringIO()):
            return pricer.calibrate_model_params_to_chain(options, params0=start)

    def column(found: HestonParams) -> NDArray[np.float64]:
        return np.array([found.v0, found.kappa, found.theta, found.volvol, found.rho])

    return Job(call, column, "SLSQP, vol errors by vega, Feller's condition held")


def paths(columns: Columns) -> Job:
    """Price one call at the money by simulation."""
    n, steps, years = int(columns["paths"]), int(columns["steps"]), float(columns["days"]) / 365.0
    forward, given = float(columns["forward"]), parameters(columns)
    strikes, kinds = np.array([forward]), np.array(["C"])
    set_seed(1)

    def call() -> Any:
        ends = simulate_heston_x_vol_terminal(
            years, np.zeros(n), np.full(n, given.v0), np.zeros(n), given.theta, given.kappa, given.rho, given.volvol,
            n, int((steps - 1) / years),
        )  # fmt: skip
        x, variance, quadratic = ends
        return compute_mc_vars_payoff(x, np.sqrt(variance), quadratic, years, forward, strikes, kinds)

    def column(found: Any) -> NDArray[np.float64]:
        prices, errors = found
        return np.array([prices[0], errors[0]])

    return Job(call, column, "Euler with a floor under the variance, ends moved to the forward")


if __name__ == "__main__":
    tasks = {"heston": heston, "lognormal": lognormal, "calibration": calibration, "paths": paths}
    measure("stochvolmodels", "stochvolmodels", tasks)
