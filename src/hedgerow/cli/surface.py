"""``hedgerow surface``: fits, prints, and writes the page."""

import json
import os
import sys
from pathlib import Path

import click
from rich.console import Console

from hedgerow.core.errors import InputError
from hedgerow.market import load_snapshot
from hedgerow.oneshot import surface
from hedgerow.report import SurfaceReport

_OPENING = "<!doctype html>"


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
    if html is not None:
        _check_target(html)
    market = load_snapshot(folder)
    with Console(stderr=True).status("fitting the surface; the first time its kernels are compiled ..."):
        report = surface(market, max_age_s=max_age_s)
        page = None if html is None else report.to_html()
    if html is not None and page is not None:
        _write(page, html)
        click.echo(f"wrote {html}", err=True)
    _show(report, as_json=as_json)


def _show(report: SurfaceReport, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report.to_dict(), indent=2, allow_nan=False))
        return
    from hedgerow.report.render import CANVAS
    from hedgerow.report.render_surface import surface_text, surface_view

    if not sys.stdout.isatty():
        print(surface_text(report))
        return
    Console(width=CANVAS).print(surface_view(report), soft_wrap=True)


def _check_target(html: Path) -> None:
    """Refuse a place where no page can be written, before there is anything to write."""
    if html.is_dir():
        raise InputError(f"--html {html}: is a folder", "name a file in it")
    if not html.parent.is_dir():
        raise InputError(f"--html {html}: there is no folder {html.parent}", "make it, or name another file")
    if not html.exists():
        return
    if not html.is_file():
        raise InputError(f"--html {html}: is no plain file", "name another file")
    with html.open("rb") as file:
        if file.read(len(_OPENING)).lower() not in (b"", _OPENING.encode()):
            raise InputError(f"--html {html}: is there already and is no HTML page", "name another file")


def _write(page: str, html: Path) -> None:
    """Write a page whole or not at all."""
    work = html.with_name(f".{html.name}-{os.getpid()}")
    try:
        with work.open("x", encoding="utf-8") as file:
            file.write(page)
        work.replace(html)
    except BaseException:
        work.unlink(missing_ok=True)
        raise
