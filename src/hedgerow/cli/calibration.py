"""``hedgerow calibrate``: fits a model, prints, and writes the page."""

from pathlib import Path

from rich.console import Console

from hedgerow.cli.pages import check_target, show_report, write_page
from hedgerow.market import load_snapshot
from hedgerow.oneshot import calibrate
from hedgerow.report.render_calibration import TITLES, calibration_view


def print_calibration(
    folder: Path, *, model: str, as_json: bool, html: Path | None, max_age_s: float, min_days: float, max_days: float
) -> None:
    """Fit a model to a snapshot; print it on standard output and write its page, if asked for.

    Parameters
    ----------
    folder : Path
        The market snapshot.
    model : str
        Which model.
    as_json : bool
        True for one JSON object, False for tables.
    html : Path or None
        Where to write the page; None writes none.
    max_age_s : float
        Quotes older than this are stale. [seconds]
    min_days, max_days : float
        Expiries nearer or farther than this are left out. [days]
    """
    check_target(html)
    market = load_snapshot(folder)
    said = f"fitting {TITLES[model]}; the first time its kernels are compiled ..."
    with Console(stderr=True).status(said) as status:
        report = calibrate(
            market,
            model=model,
            max_age_s=max_age_s,
            min_days=min_days,
            max_days=max_days,
            progress=lambda done, of: status.update(f"fitting {TITLES[model]}: search {min(done + 1, of)} of {of} ..."),
        )
        page = None if html is None else report.to_html()
    if html is not None and page is not None:
        write_page(page, html)
    show_report(report, lambda: calibration_view(report), as_json=as_json)
