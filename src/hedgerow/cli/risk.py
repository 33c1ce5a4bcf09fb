"""``hedgerow risk``: revalues a desk, prints, and writes the page."""

from pathlib import Path

from rich.console import Console

from hedgerow.cli.pages import check_target, show_report, write_page
from hedgerow.config import load_desk
from hedgerow.market import load_snapshot
from hedgerow.oneshot import risk
from hedgerow.report.render_risk import risk_view


def print_risk(
    desk: Path, market: Path, *, numeraire: str | None, as_json: bool, html: Path | None, leave_out: bool
) -> None:
    """Revalue a desk in many markets; print it on standard output and write its page, if asked for.

    Parameters
    ----------
    desk, market : Path
        The desk file; the folder of the market snapshot.
    numeraire : str or None
        ``USD`` or the coin; None takes the desk file's.
    as_json : bool
        True for one JSON object, False for tables.
    html : Path or None
        Where to write the page; None writes none.
    leave_out : bool
        True to leave out positions that the market cannot value.
    """
    check_target(html)
    held, snapshot = load_desk(desk), load_snapshot(market)
    with Console(stderr=True).status("revaluing the book; the first time its kernels are compiled ..."):
        report = risk(held, snapshot, numeraire=numeraire, leave_out=leave_out)
        page = None if html is None else report.to_html()
    if html is not None and page is not None:
        write_page(page, html)
    show_report(report, lambda: risk_view(report), as_json=as_json)
