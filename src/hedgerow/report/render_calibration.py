"""A calibration report as text, drawn with rich."""

import math
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.core.instants import to_iso
from hedgerow.report.calibration import CalibrationReport, ParameterFigures
from hedgerow.report.model_words import Readings, words_of
from hedgerow.report.surface import QuoteFigures
from hedgerow.report.text import decimals, grid, left_out, line, printable, share

TITLES: Final = {
    "heston": "Heston",
    "bates": "Bates",
    "merton": "Merton",
    "svcj": "SVCJ",
    "sabr": "SABR by expiry",
    "lognormal_sv": "log-normal SV",
}
"""What the models are called."""
_LEAST_ERROR: Final = 1e-6
"""Of smaller error bars no place is shown: the search itself ends no closer. [as the parameter]"""
ERROR_BARS: Final = (
    "± one standard error: were the quotes drawn again, with errors of the size of these residuals and independent of "
    "each other, two values of three would lie within it; it does not say that the model is right"
)
RESIDUALS: Final = (
    "rmse and bias: root mean square and mean of the model's vol less mid vol, over the two-sided quotes whose bid and "
    "ask both imply a vol; inside: bid and ask hold the model's price between them"
)


def calibration_view(report: CalibrationReport) -> RenderableType:
    """Compose a calibration report.

    Parameters
    ----------
    report : CalibrationReport
        The report.

    Returns
    -------
    rich renderable
        Heading, parameters, readings, residuals by expiry, and what was refused. [desk units]
    """
    parts: list[tuple[str, list[RenderableType]]] = [
        (
            "Parameters",
            [
                _parameters_by_expiry(report) if report.by_expiry else _parameters(report),
                Text(""),
                line(ERROR_BARS),
                *(line(text) for text in asides(report)),
            ],
        ),
        ("What they say", _readings(report)),
        (
            "Residuals by expiry, beside the arbitrage-free SVI surface",
            [_residuals(report), Text(""), line(RESIDUALS)],
        ),
    ]
    parts.append(("For the desk file, to hedge with its deltas", [Text(report.to_toml().rstrip())]))
    kept = [part for part in parts if part[1]]
    body: list[RenderableType] = [_heading(report)]
    for number, (title, content) in enumerate(kept, 1):
        between = "\n" if number > 1 else ""
        body += [Text(f"{between}{number}  {title}\n", style="bold"), *content]
    return Group(*body, *left_out(f"{len(kept) + 1}  Refused, and notes", report.rejected, report.notes))


def value_text(one: ParameterFigures) -> str:
    """Write a parameter as finely as its error bar allows: to the second digit of that.

    Parameters
    ----------
    one : ParameterFigures
        The parameter.

    Returns
    -------
    str
        Four digits where there is no error bar, two where that is no help. [text]
    """
    places = _places(one)
    if places is None:
        return f"{one.value:.4g}"
    return f"{one.value:.2g}" if abs(one.value) < one.standard_error / 10.0 else f"{one.value:,.{places}f}"


def error_text(one: ParameterFigures) -> str:
    """Write a standard error with two digits, or why there is none.

    Parameters
    ----------
    one : ParameterFigures
        The parameter.

    Returns
    -------
    str
        For example ``± 0.012``. [text]
    """
    if one.state != "fitted":
        return {"edge": "at its edge", "undetermined": "undetermined"}.get(one.state, "follows")
    places = _places(one)
    return f"± {one.standard_error:.2g}" if places is None else f"± {one.standard_error:,.{places}f}"


def _places(one: ParameterFigures) -> int | None:
    """Return how many places the second digit of the standard error is behind the point; None if that is no help."""
    if not _LEAST_ERROR < one.standard_error < math.inf:
        return None
    return max(0, 1 - math.floor(math.log10(one.standard_error)))


def asides(report: CalibrationReport) -> list[str]:
    """Say where the error bars come from, and which parameters the quotes hardly tell apart; of SABR what is what.

    Parameters
    ----------
    report : CalibrationReport
        The report.

    Returns
    -------
    list of str
        Sentences. [text]
    """
    if report.by_expiry:
        model = type(report.fits[0].model)
        known = [(one.name, words_of(model, one.name)) for one in report.fits[0].parameters if one.state != "held"]
        return ["; ".join(f"{name}: {words.meaning}, {words.unit}" for name, words in known)]
    fit = report.fits[0]
    return [
        f"the residual of a quote of typical width: {fit.noise_vol_points:.2f} vol points, the tighter ones weigh more",
        *(
            f"{one} and {other} move together (correlation {tie:+.3f}): the quotes fix a mix of the two better than "
            "either"
            for one, other, tie in fit.tied()
        ),
    ]


def reading_rows(readings: Readings) -> list[tuple[str, str, str]]:
    """Write what a desk reads from the parameters.

    Parameters
    ----------
    readings : Readings
        The readings.

    Returns
    -------
    list of tuple of (str, str, str)
        Name, value and remark of each that the model has. [text]
    """
    stays = "from 1 on the variance stays away from zero" if readings.feller >= 1.0 else "below 1: it can touch zero"
    jump = "" if math.isnan(readings.jumps_per_year) else f"one in {_wait(readings.jumps_per_year)}"
    between = "between jumps" if jump else ""
    rows = (
        ("vol now", readings.vol_now, f"{readings.vol_now:.1%}", between),
        ("vol in the long run", readings.vol_long_run, f"{readings.vol_long_run:.1%}", between),
        (
            "the same with jumps",
            readings.vol_long_run_with_jumps,
            f"{readings.vol_long_run_with_jumps:.1%}",
            "what a variance swap of long life would see",
        ),
        (
            "half-life",
            readings.half_life_days,
            f"{readings.half_life_days:.3g} days",
            "until half of a deviation from the long run is gone",
        ),
        ("Feller ratio", readings.feller, f"{readings.feller:.3g}", stays),
        ("jumps a year", readings.jumps_per_year, f"{readings.jumps_per_year:.3g}", jump),
        ("mean jump", readings.mean_jump_percent, f"{readings.mean_jump_percent:+.3g} %", "of the forward"),
    )
    return [(name, text, remark) for name, value, text, remark in rows if not math.isnan(value)]


def residual_rows(report: CalibrationReport) -> list[tuple[str, ...]]:
    """Write how the model and the surface meet the quotes, by expiry and in all.

    Parameters
    ----------
    report : CalibrationReport
        The report.

    Returns
    -------
    list of tuple of str
        Expiry, days, used, inside, rmse, bias, inside and rmse of the surface. [text]
    """
    rows = [
        (
            to_iso(one.svi.expiry_ns)[:10],
            decimals(one.svi.days, 2),
            *_met(one.quotes, one.bias_vol_points, one.svi.quotes),
        )
        for one in report.expiries
    ]
    return [*rows, ("all", "", *_met(report.quotes, report.bias_vol_points, report.svi.quotes))]


def _met(quotes: QuoteFigures, bias: float, svi: QuoteFigures) -> tuple[str, ...]:
    return (
        f"{quotes.used:,} of {quotes.two_sided:,}",
        share(quotes),
        decimals(quotes.rmse_vol_points, 2),
        f"{bias:+.2f}" if math.isfinite(bias) else "none",
        share(svi),
        decimals(svi.rmse_vol_points, 2),
    )


def _wait(per_year: float) -> str:
    """Write how long one waits for a jump."""
    if per_year <= 0.0:
        return "never"
    days = 365.0 / per_year
    return f"{days:.3g} days" if days < 730.0 else f"{days / 365.0:.3g} years"


def _heading(report: CalibrationReport) -> Text:
    text = Text()
    text.append(f"MODEL CALIBRATION, {TITLES[report.kind]}  {printable(report.source)}", style="bold")
    text.append(f"\nas of {to_iso(report.as_of_ns)}   {report.base} index {report.index_price:,.2f} USD   ")
    text.append(f"{report.quotes.two_sided:,} options quoted on both sides, {report.quotes.used:,} used\n")
    return text


def _parameters(report: CalibrationReport) -> Table:
    table = grid("parameter", "value", "error bar", "unit", "meaning", left=1)
    for column in table.columns[3:]:
        column.justify = "left"
    fit = report.fits[0]
    for one in fit.parameters:
        words = words_of(type(fit.model), one.name)
        table.add_row(one.name, value_text(one), error_text(one), words.unit, words.meaning)
    return table


def _parameters_by_expiry(report: CalibrationReport) -> Table:
    names = [one.name for one in report.fits[0].parameters if one.state != "held"]
    table = grid("expiry", "days", *(head for name in names for head in (name, "error bar")), left=1)
    for one, fit in zip(report.expiries, report.fits, strict=True):
        shown = [figures for figures in fit.parameters if figures.name in names]
        cells = [cell for figures in shown for cell in (value_text(figures), error_text(figures))]
        table.add_row(to_iso(one.svi.expiry_ns)[:10], decimals(one.svi.days, 2), *cells)
    return table


def _readings(report: CalibrationReport) -> list[RenderableType]:
    rows = reading_rows(report.readings)
    if not rows:
        return []
    table = grid("reading", "value", "", left=1)
    table.columns[2].justify = "left"
    for row in rows:
        table.add_row(*row)
    return [table]


def _residuals(report: CalibrationReport) -> Table:
    heads = ("expiry", "days", "used", "inside", "rmse pts", "bias pts", "SVI inside", "SVI rmse pts")
    table = grid(*heads, left=1)
    for row in residual_rows(report):
        if row[0] == "all":
            table.add_section()
        table.add_row(*row)
    return table
