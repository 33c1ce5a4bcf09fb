"""A calibration report as one page: tables and pictures, no scripts, no links, no other files."""

from html import escape
from typing import Final

from hedgerow.core.instants import to_iso
from hedgerow.report.calibration import CalibrationReport
from hedgerow.report.calibration_pictures import PICTURES
from hedgerow.report.model_words import words_of
from hedgerow.report.page import document, figure, refusals, table
from hedgerow.report.render_calibration import (
    ERROR_BARS,
    RESIDUALS,
    TITLES,
    asides,
    error_text,
    reading_rows,
    residual_rows,
    value_text,
)
from hedgerow.report.text import decimals

_CAPTIONS: Final = {
    "fitted": "Every quote as a bar from the vol of its bid to the vol of its ask, the model, and the arbitrage-free "
    "SVI slice. Grey quotes were refused.",
    "residuals": "What the model misses, by expiry and by strike. Dots of one expiry that all lie on one side of zero "
    "are a miss of the model, not noise of the quotes.",
}


def calibration_page(report: CalibrationReport) -> str:
    """Compose the page of a calibration report.

    Parameters
    ----------
    report : CalibrationReport
        The report.

    Returns
    -------
    str
        A whole document; names from files are escaped. [HTML]

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    quotes = report.quotes
    pictures = "\n".join(figure(draw(report), _CAPTIONS[name]) for name, draw in PICTURES.items())
    body = f"""<p>As of {to_iso(report.as_of_ns)}. Index {report.index_price:,.2f} USD. {quotes.two_sided:,} options
quoted on both sides, {quotes.used:,} used, {quotes.inside:,} with the model's price between bid and ask.</p>
<h2>Parameters</h2>
{_parameters_by_expiry(report) if report.by_expiry else _parameters(report)}
<p>{escape(ERROR_BARS)}.</p>
{"".join(f"<p>{escape(text)}.</p>" for text in asides(report))}
{_readings(report)}
<h2>Residuals by expiry</h2>
{_residuals(report)}
<p>{escape(RESIDUALS)}.</p>
<h2>Pictures</h2>
{pictures}
<h2>Refused, and notes</h2>
{refusals(report.rejected, report.notes)}"""
    return document(f"{TITLES[report.kind]} fitted to {report.base} options, {report.source}", body)


def _parameters(report: CalibrationReport) -> str:
    fit = report.fits[0]
    rows = []
    for one in fit.parameters:
        words = words_of(type(fit.model), one.name)
        rows.append((one.name, value_text(one), error_text(one), words.unit, words.meaning))
    return table(("parameter", "value", "error bar", "unit", "meaning"), rows)


def _parameters_by_expiry(report: CalibrationReport) -> str:
    names = [one.name for one in report.fits[0].parameters if one.state != "held"]
    rows = []
    for one, fit in zip(report.expiries, report.fits, strict=True):
        shown = [figures for figures in fit.parameters if figures.name in names]
        cells = [cell for figures in shown for cell in (value_text(figures), error_text(figures))]
        rows.append((to_iso(one.svi.expiry_ns)[:10], decimals(one.svi.days, 2), *cells))
    return table(("expiry", "days", *(head for name in names for head in (name, "error bar"))), rows)


def _readings(report: CalibrationReport) -> str:
    rows = reading_rows(report.readings)
    return "<h2>What they say</h2>\n" + table(("reading", "value", ""), rows) if rows else ""


def _residuals(report: CalibrationReport) -> str:
    heads = ("expiry", "days", "used", "inside", "rmse, vol points", "bias, vol points", "SVI inside", "SVI rmse")
    return table(heads, residual_rows(report))
