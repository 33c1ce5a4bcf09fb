"""What is known of a model fitted to a market: parameters with error bars, residuals by expiry; the same as JSON."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.core.instants import to_iso
from hedgerow.market import Rejection
from hedgerow.pricing.models import Model
from hedgerow.pricing.surface import OptionChain
from hedgerow.report.model_words import Readings, read, words_of
from hedgerow.report.surface import FamilyFigures, QuoteFigures, SliceFigures

_TIED = 0.95
"""Parameters whose errors are correlated more than this are named. [pure]"""

_READING_UNITS = {
    "vol_now": "fraction per square root of a year",
    "vol_long_run": "fraction per square root of a year",
    "vol_long_run_with_jumps": "fraction per square root of a year",
    "half_life_days": "days",
    "feller": "pure",
    "jumps_per_year": "per year",
    "mean_jump_percent": "0.01",
}

State = Literal["fitted", "edge", "undetermined", "held"]
"""Whether a parameter was looked for, ended at an edge of where it was looked for, or follows from what is fixed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterFigures:
    """One parameter of a fitted model.

    Parameters
    ----------
    name : str
        Its name.
    value : float
        Its value. [as the model says]
    standard_error : float
        One standard error; NaN unless it was fitted and lies inside its range. [as the value]
    state : {"fitted", "edge", "held"}
        Whether it was fitted, ended at an edge of where it was looked for, or was not looked for.
    """

    name: str
    value: float
    standard_error: float
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedModel:
    """A model and the error bars of its parameters.

    Parameters
    ----------
    model : Heston, Bates, Merton, SVCJ, SABR or LogNormalSV
        The model.
    parameters : tuple of ParameterFigures
        Its parameters, in its order.
    correlations : ndarray of shape (n_parameter, n_parameter)
        Of the errors, in the order of ``parameters``; NaN without an error bar. [pure]
    noise_vol_points : float
        Standard deviation of the residual of a typical quote. [0.01 vol]
    """

    model: Model
    parameters: tuple[ParameterFigures, ...]
    correlations: Float64[np.ndarray, "n_parameter n_parameter"]
    noise_vol_points: float

    def tied(self) -> tuple[tuple[str, str, float], ...]:
        """Return which parameters the quotes hardly tell apart.

        Returns
        -------
        tuple of (str, str, float)
            Names and correlation of their errors, beyond 0.95 either way. [pure]
        """
        names = [one.name for one in self.parameters]
        return tuple(
            (names[i], names[j], float(self.correlations[i, j]))
            for i in range(len(names))
            for j in range(i + 1, len(names))
            if abs(self.correlations[i, j]) > _TIED
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualFigures:
    """How a model meets the quotes of one expiry, beside the surface.

    Parameters
    ----------
    quotes : QuoteFigures
        How the model meets them.
    bias_vol_points : float
        Mean of the model's vol less the mid vol, over the quotes that the root mean square is taken of; NaN without
        any. [0.01 vol]
    svi : SliceFigures
        The slice of the surface: the expiry, and how the surface meets the same quotes.
    """

    quotes: QuoteFigures
    bias_vol_points: float
    svi: SliceFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationReport:
    """A model fitted to the option quotes of a market at one instant.

    Parameters
    ----------
    source : str
        Where the market came from.
    as_of_ns : int
        Its instant. [UTC epoch ns]
    base : str
        The coin.
    index_price : float
        Spot index. [USD per coin]
    kind : str
        ``heston``, ``bates``, ``merton``, ``svcj``, ``sabr`` or ``lognormal_sv``.
    fits : tuple of FittedModel
        One for all expiries; of ``sabr`` one for each.
    quotes : QuoteFigures
        How it meets all quotes.
    bias_vol_points : float
        As in ``ResidualFigures``, over all quotes. [0.01 vol]
    expiries : tuple of ResidualFigures
        By expiry.
    chain : OptionChain
        All two-sided quotes as intervals; ``usable`` are those that the model was fitted to.
    vol : ndarray of shape (n_quote,)
        The model's vol at each two-sided quote; NaN where it was not fitted. [fraction per square root of a year]
    inside : ndarray of shape (n_quote,)
        Whether that quote holds the model's price. [bool]
    svi : FamilyFigures
        The arbitrage-free surface of the same market.
    rejected : tuple of Rejection
        What the model was not fitted to, and why, by reason and name.
    notes : tuple of str
        What to know of the fit. [text]
    """

    source: str
    as_of_ns: int
    base: str
    index_price: float
    kind: str
    fits: tuple[FittedModel, ...]
    quotes: QuoteFigures
    bias_vol_points: float
    expiries: tuple[ResidualFigures, ...]
    chain: OptionChain
    vol: Float64[np.ndarray, " n_quote"]
    inside: np.ndarray
    svi: FamilyFigures
    rejected: tuple[Rejection, ...]
    notes: tuple[str, ...]

    @property
    def by_expiry(self) -> bool:
        """Whether each expiry has a model of its own. [bool]"""
        return self.kind == "sabr"

    @property
    def model(self) -> Model:
        """The model, to be priced with; refused where each expiry has its own. [model]"""
        if self.by_expiry:
            raise InputError("sabr has a model for each expiry", "take fits[i].model, in the order of the expiries")
        return self.fits[0].model

    @property
    def readings(self) -> Readings:
        """What a desk reads from the parameters; NaN where each expiry has its own model. [desk units]"""
        return Readings() if self.by_expiry else read(self.model)

    def fit_at(self, place: int) -> FittedModel:
        """Return the model of one expiry.

        Parameters
        ----------
        place : int
            Which of ``expiries``. [index]

        Returns
        -------
        FittedModel
            Its own, or that of all. [model]
        """
        return self.fits[place if self.by_expiry else 0]

    def to_dict(self) -> dict[str, Any]:
        """Return the report for machines: what ``--json`` prints.

        Returns
        -------
        dict
            Plain numbers, texts and lists; ``units`` names the unit of each. [as ``units`` says]
        """
        shared = None if self.by_expiry else self.fits[0]
        return {
            "source": self.source,
            "as_of": to_iso(self.as_of_ns),
            "base": self.base,
            "index": self.index_price,
            "units": self._units(),
            "model": self.kind,
            **_fitted(shared),
            "readings": {name: _number(value) for name, value in asdict(self.readings).items()},
            **_met(self.quotes),
            "bias_vol_points": _number(self.bias_vol_points),
            "expiries": [self._expiry(i) for i in range(len(self.expiries))],
            "svi": {"arbitrage_free": self.svi.check.arbitrage_free, **_met(self.svi.quotes)},
            "rejected": [{"name": item.name, "reason": item.reason, "kind": item.kind} for item in self.rejected],
            "notes": list(self.notes),
        }

    def _expiry(self, place: int) -> dict[str, Any]:
        one = self.expiries[place]
        own = self.fits[place] if self.by_expiry else None
        return {
            "expiry": to_iso(one.svi.expiry_ns),
            "days": one.svi.days,
            **_fitted(own),
            **_met(one.quotes),
            "bias_vol_points": _number(one.bias_vol_points),
            "svi": _met(one.svi.quotes),
        }

    def _units(self) -> dict[str, Any]:
        model = self.fits[0].model
        return {
            "index": f"USD/{self.base}",
            "days": "days",
            "parameters": {one.name: words_of(type(model), one.name).unit for one in self.fits[0].parameters},
            "correlations": "pure",
            "noise_vol_points": "0.01 vol",
            **_READING_UNITS,
            "inside_spread_fraction": "fraction",
            "rmse_vol_points": "0.01 vol",
            "bias_vol_points": "0.01 vol",
        }

    def to_toml(self) -> str:
        """Return the tables of a desk file that make tickets use the model's deltas.

        Returns
        -------
        str
            ``[hedge.model]`` with every parameter, or ``[hedge.sabr]``. [TOML]
        """
        if self.by_expiry:
            return f"[hedge.sabr]\nbeta = {float(self.fits[0].model.beta)!r}\n"  # type: ignore[union-attr]
        lines = [f"{one.name} = {one.value:.6g}" for one in self.fits[0].parameters]
        return "\n".join(["[hedge.model]", f'kind = "{self.kind}"', *lines]) + "\n"

    def to_html(self) -> str:
        """Return the report as one page with pictures, which needs no other file and no network.

        Returns
        -------
        str
            Without scripts and without links. [HTML]

        Raises
        ------
        InputError
            If matplotlib is not installed.
        """
        from hedgerow.report.calibration_page import calibration_page

        return calibration_page(self)

    def __str__(self) -> str:
        from hedgerow.report.render_calibration import calibration_view
        from hedgerow.report.text import plain_text

        return plain_text(calibration_view(self))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from hedgerow.report.render_calibration import calibration_view
        from hedgerow.report.text import notebook_html

        return notebook_html(calibration_view(self))


def _fitted(fit: FittedModel | None) -> dict[str, Any]:
    """Write a model; of none, its keys without content."""
    if fit is None:
        return {"parameters": {}, "correlations": [], "noise_vol_points": None}
    return {
        "parameters": {
            one.name: {"value": one.value, "standard_error": _number(one.standard_error), "state": one.state}
            for one in fit.parameters
        },
        "correlations": [[_number(value) for value in row] for row in fit.correlations.tolist()],
        "noise_vol_points": _number(fit.noise_vol_points),
    }


def _met(quotes: QuoteFigures) -> dict[str, Any]:
    return {
        "two_sided_quotes": quotes.two_sided,
        "used_quotes": quotes.used,
        "inside_quotes": quotes.inside,
        "inside_spread_fraction": _number(quotes.inside_fraction),
        "rmse_vol_points": _number(quotes.rmse_vol_points),
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
