"""``hedgerow simulate``: runs a study on simulated paths, and prints it."""

from pathlib import Path

from hedgerow.cli.pages import check_target, show_report, write_page
from hedgerow.cli.screen import progress_bars
from hedgerow.lab import simulate
from hedgerow.report.render_simulation import simulation_view


def print_simulation(study: Path, *, as_json: bool, frontier: int | None, html: Path | None) -> None:
    """Run a study; print it on standard output, and write its page if that is wanted.

    Parameters
    ----------
    study : Path
        The study file.
    as_json : bool
        True for one JSON object, False for tables.
    frontier : int or None
        Settings of every policy to run too. [count]
    html : Path or None
        Where the page goes. [path]
    """
    check_target(html)
    with progress_bars() as progress:
        report = simulate(study, frontier=frontier, progress=progress)
    page = None if html is None else report.to_html()
    if html is not None and page is not None:
        write_page(page, html)
    show_report(report, lambda: simulation_view(report), as_json=as_json)
