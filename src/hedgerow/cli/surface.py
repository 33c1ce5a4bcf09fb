"""``hedgerow surface``: fits, prints, and writes the page."""

from pathlib import Path

from rich.console import Console

from hedgerow.cli.pages import check_target, show_report, write_page
from hedgerow.market import load_snapshot
from hedgerow.oneshot import surface
from hedgerow.report.render_surface import surface_view


def print_surface(folder: Path, *, as_json: bool, html: Path | None, max_age_s: float) -> None:
    """Fit the surface of a snapshot; print it on standard output and write its page, if asked for.

    Parameters
    ----------
    folder : Path
        The market snapshot.
    as_json : bool
        True for one JSON object, False for tables.
    html : Path or None
        Where to write the page; None writes none.
    max_age_s : float
        Quotes older than this are stale. [seconds]
    """
    check_target(html)
    market = load_snapshot(folder)
    with Console(stderr=True).status("fitting the surface; the first time its kernels are compiled ..."):
        report = surface(market, max_age_s=max_age_s)
        page = None if html is None else report.to_html()
    if html is not None and page is not None:
        write_page(page, html)
    show_report(report, lambda: surface_view(report), as_json=as_json)
