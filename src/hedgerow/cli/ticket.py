"""``hedgerow hedge`` and ``hedgerow demo``: hedge, print, and write the page."""

from pathlib import Path

from hedgerow.cli.pages import check_target, write_page
from hedgerow.cli.parse import neutral_targets
from hedgerow.cli.screen import hedging, show_ticket
from hedgerow.config import load_desk
from hedgerow.market import load_snapshot
from hedgerow.oneshot import hedge


def print_ticket(
    desk: Path,
    market: Path,
    *,
    as_json: bool,
    html: Path | None,
    frontier: int | None,
    next_best: int,
    numeraire: str | None,
    neutral: tuple[str, ...],
    instruments: tuple[str, ...],
    leave_out: bool,
    delta_convention: str | None,
) -> None:
    """Hedge a desk in a market; print the ticket on standard output and write its page, if asked for.

    Parameters
    ----------
    desk, market : Path
        The desk file; the market snapshot.
    as_json : bool
        True for one JSON object, False for tables.
    html : Path or None
        Where to write the page; None writes none.
    frontier : int or None
        Number of points of the cost-risk frontier; None computes none. [count]
    next_best : int
        How many instruments that are not in the list to name for what they would save. [count]
    numeraire : str or None
        ``USD`` or the coin; None takes what the desk file states.
    neutral : tuple of str
        Targets in words; none takes the desk file's.
    instruments : tuple of str
        What may be traded; none takes the desk file's.
    leave_out : bool
        True to leave out positions that the market cannot value.
    delta_convention : str or None
        Whose delta is held neutral; None takes the desk file's.
    """
    check_target(html)
    targets = neutral_targets(neutral) if neutral else None
    book, snapshot = load_desk(desk), load_snapshot(market)
    with hedging() as progress:
        ticket = hedge(
            book,
            snapshot,
            numeraire=numeraire,
            neutral=targets,
            instruments=instruments or None,
            leave_out=leave_out,
            delta_convention=delta_convention,
            frontier=frontier,
            next_best=next_best,
            progress=progress,
        )
        page = None if html is None else ticket.to_html()
    if html is not None and page is not None:
        write_page(page, html)
    show_ticket(ticket, as_json=as_json)
