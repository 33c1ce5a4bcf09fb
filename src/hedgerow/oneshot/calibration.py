"""A model fitted to the option quotes of a market, its residuals by expiry, and the surface beside it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.core.instants import HOUR_NS, SECOND_NS
from hedgerow.market import Rejection, Snapshot
from hedgerow.oneshot.quoted import count_quotes, expiry_of, misses, refused_quotes, unfitted, usable_chain, within_days
from hedgerow.oneshot.surface import family_figures
from hedgerow.pricing.models import Model, calibrate_model, fit_sabr
from hedgerow.pricing.surface import OptionChain, SmileQuotes, fit_chain
from hedgerow.report.calibration import CalibrationReport, FittedModel, ParameterFigures, ResidualFigures, State
from hedgerow.report.model_smile import smile_of

Progress = Callable[[int, int], None]

_BETA: Final = 1.0
"""A smile of one expiry cannot tell SABR's beta from its rho; with 1 alpha is a vol. [pure]"""
MODELS: Final = ("heston", "bates", "merton", "svcj", "sabr", "lognormal_sv")
"""What can be calibrated."""


def calibrate(
    market: Snapshot,
    *,
    model: str = "heston",
    max_age_s: float = HOUR_NS / SECOND_NS,
    min_days: float = 0.0,
    max_days: float = math.inf,
    progress: Progress | None = None,
) -> CalibrationReport:
    """Fit a model to the option quotes of a market.

    Parameters
    ----------
    market : Snapshot
        The market at one instant.
    model : {"heston", "bates", "merton", "svcj", "sabr", "lognormal_sv"}
        Which model; ``sabr`` is fitted to each expiry alone, the others to all at once.
    max_age_s : float
        Quotes older than this at that instant are stale. [seconds]
    min_days, max_days : float
        Expiries nearer or farther than this are left out. [days]
    progress : callable or None
        Told how many searches are done and how many there are. [count]

    Returns
    -------
    CalibrationReport
        Parameters with standard errors, residuals by expiry beside those of the arbitrage-free surface, and every quote
        that is not used, by name and reason. [vol]

    Raises
    ------
    InputError
        If the model is unknown, ``max_age_s`` is not positive and finite, or the days are no range.
    MarketDataError
        If the market holds no usable option quote, or too few to tell the parameters apart.
    SolveError
        If the search did not converge.
    TransformError
        If the fitted model cannot be priced.

    References
    ----------
    As ``pricing.models.calibrate_model`` and ``pricing.surface.fit_surface``.

    Examples
    --------
    >>> import hedgerow as hr
    >>> report = hr.calibrate(hr.load_snapshot(hr.example("eth-2024-01-08")), model="merton")
    >>> report.quotes.two_sided, report.model.jump_vol > 0.0, len(report.expiries)
    (408, True, 11)
    """
    if model not in MODELS:
        raise InputError(f"the model {model!r}", f"give one of {', '.join(MODELS)}")
    read, unread = usable_chain(market, max_age_s)
    days = (min_days, max_days)
    if not (all(isinstance(one, int | float) for one in days) and 0.0 <= min_days < max_days):
        raise InputError(f"min_days is {min_days!r} and max_days is {max_days!r}", "give 0 <= min_days < max_days")
    if days != (0.0, math.inf):
        read = within_days(read, min_days, max_days, market.source)
        unread = tuple(item for item in unread if expiry_of(item.name) in read.expiries_ns)
    svi = family_figures(fit_chain(read, kind="svi"))
    chain = svi.fit.chain
    chain = _without(chain, ~(chain.vol_bid > 0.0), "the bid implies no vol")
    if not chain.usable.any():
        problem = "no option quote has a bid that implies a vol"
        raise MarketDataError(market.source, DataFault.MISSING, problem, "record the chain again")
    quotes, expiries = chain.smiles()
    if model == "sabr":
        fits, notes, places = _fit_slices(quotes)
        expiries = tuple(expiries[i] for i in places)
        fitted = np.isin(np.array(chain.expiries_ns)[chain.expiry], expiries)
        chain = _without(chain, ~fitted, "too few quotes at its expiry")
    else:
        fits, notes = _fit(model, quotes, progress)
    slices = tuple(one for one in svi.slices if one.expiry_ns in expiries)
    rows = [chain.expiry == chain.expiries_ns.index(one.expiry_ns) for one in slices]
    vol, inside = _placed(chain, fits, rows if model == "sabr" else [np.ones(chain.expiry.size, dtype=np.bool_)])
    everything = np.ones(vol.size, dtype=np.bool_)
    without = unfitted(chain, expiries, "the model is not fitted there")
    return CalibrationReport(
        source=market.source,
        as_of_ns=market.as_of_ns,
        base=market.base,
        index_price=market.index_price,
        kind=model,
        fits=fits,
        quotes=count_quotes(chain, vol, inside, everything),
        bias_vol_points=_bias(chain, vol, everything),
        expiries=tuple(
            ResidualFigures(
                quotes=count_quotes(chain, vol, inside, mine), bias_vol_points=_bias(chain, vol, mine), svi=one
            )
            for one, mine in zip(slices, rows, strict=True)
        ),
        chain=chain,
        vol=vol,
        inside=inside,
        svi=svi,
        rejected=refused_quotes(unread, chain),
        notes=tuple(dict.fromkeys((*notes, *without))),
    )


def _without(chain: OptionChain, bad: np.ndarray, reason: str) -> OptionChain:
    """Refuse usable quotes that serve a surface, but not a model."""
    gone = chain.usable & bad
    refused = tuple(
        Rejection(name=chain.names[i], kind="quote", reason=reason, use="the model") for i in np.flatnonzero(gone)
    )
    return replace(chain, usable=chain.usable & ~gone, rejected=(*chain.rejected, *refused))


def _fit(kind: str, quotes: SmileQuotes, progress: Progress | None) -> tuple[tuple[FittedModel, ...], tuple[str, ...]]:
    """Fit one model to all expiries; return what is to be noted too."""
    found = calibrate_model(kind, quotes, progress=progress)
    return (_fitted(found.model, found.standard_errors, found.correlations, found.noise),), found.notes


def _fit_slices(quotes: SmileQuotes) -> tuple[tuple[FittedModel, ...], tuple[str, ...], tuple[int, ...]]:
    """Fit SABR to each expiry that has enough quotes; return which those are too."""
    found = fit_sabr(quotes, beta=_BETA)
    columns = (found.slices.models, found.standard_errors, found.correlations, found.noise)
    fits = tuple(_fitted(*one) for one in zip(*columns, strict=True))
    return fits, (f"beta is held at {_BETA:g}", *found.notes), found.expiry


def _fitted(model: Model, errors: dict[str, float], correlations: np.ndarray, noise: float) -> FittedModel:
    return FittedModel(
        model=model,
        parameters=_parameters(model, errors),
        correlations=_spread_out(model, tuple(errors), correlations),
        noise_vol_points=100.0 * noise,
    )


def _parameters(model: Model, errors: dict[str, float]) -> tuple[ParameterFigures, ...]:
    def state(name: str) -> State:
        if name not in errors:
            return "held"
        error = errors[name]
        return "fitted" if math.isfinite(error) else "edge" if math.isnan(error) else "undetermined"

    return tuple(
        ParameterFigures(
            name=name,
            value=float(getattr(model, name)),
            standard_error=float(errors.get(name, math.nan)),
            state=state(name),
        )
        for name in model.__struct_fields__
    )


def _spread_out(
    model: Model, names: Sequence[str], correlations: Float64[np.ndarray, "n_fitted n_fitted"]
) -> Float64[np.ndarray, "n_parameter n_parameter"]:
    """Return the correlations of all parameters of a model, NaN for those that were not fitted."""
    places = [model.__struct_fields__.index(name) for name in names]
    whole = np.full((len(model.__struct_fields__),) * 2, np.nan)
    whole[np.ix_(places, places)] = correlations
    return whole


def _placed(
    chain: OptionChain, fits: tuple[FittedModel, ...], rows: Sequence[np.ndarray]
) -> tuple[Float64[np.ndarray, " n_quote"], np.ndarray]:
    """Return the model's vol at each two-sided quote, and whether the quote holds its price.

    The price is that of the option out of the money and the intrinsic value, so that no digit is lost in the money.
    """
    vol, price = np.full(chain.strike.size, np.nan), np.full(chain.strike.size, np.nan)
    k, years = chain.log_moneyness, chain.years
    for fit, mine in zip(fits, rows, strict=True):
        here = np.flatnonzero(mine & np.isfinite(chain.forward))
        found = smile_of(fit.model, k[here], years[here])
        intrinsic = np.maximum(np.where(chain.is_call[here], -1.0, 1.0) * np.expm1(k[here]), 0.0)
        vol[here] = found.vol
        price[here] = (found.price + intrinsic) * np.where(chain.inverse[here], 1.0, chain.forward[here])
    return vol, (price >= chain.bid) & (price <= chain.ask)


def _bias(chain: OptionChain, vol: Float64[np.ndarray, " n_quote"], some: np.ndarray) -> float:
    miss = misses(chain, vol, some)
    return 100.0 * float(np.mean(miss)) if miss.size else math.nan
