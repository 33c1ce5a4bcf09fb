"""Reports of a market: printed as tables or JSON, and written as a page, whole or not at all."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console, RenderableType

from hedgerow.core.errors import InputError
from hedgerow.report import CalibrationReport, PoolReport, RiskReport, SimulationReport, SurfaceReport
from hedgerow.report.layout import CANVAS

_OPENING = "<!doctype html>"


def show_report(
    report: SurfaceReport | CalibrationReport | RiskReport | SimulationReport | PoolReport,
    view: Callable[[], RenderableType],
    *,
    as_json: bool,
) -> None:
    """Print a report on standard output.

    Parameters
    ----------
    report : SurfaceReport, CalibrationReport, RiskReport, SimulationReport or PoolReport
        The report; as text it is what ``str`` gives.
    view : callable
        Composes it for a terminal.
    as_json : bool
        True for one JSON object, False for tables.
    """
    if as_json:
        print(json.dumps(report.to_dict(), indent=2, allow_nan=False))
        return
    if not sys.stdout.isatty():
        print(report)
        return
    Console(width=CANVAS).print(view(), soft_wrap=True)


def check_target(html: Path | None) -> None:
    """Refuse a place where no page can be written, before there is anything to write.

    Parameters
    ----------
    html : Path or None
        Where the page shall be; None for no page.

    Raises
    ------
    InputError
        If it cannot be written, or something else than a page is there.
    """
    if html is None:
        return
    if html.is_dir():
        raise InputError(f"--html {html}: is a folder", "name a file in it")
    if not html.parent.is_dir():
        raise InputError(f"--html {html}: there is no folder {html.parent}", "make it, or name another file")
    if html.exists() and not html.is_file():
        raise InputError(f"--html {html}: is no plain file", "name another file")
    check_writable("--html", html)
    if not html.exists():
        return
    with html.open("rb") as file:
        if file.read(len(_OPENING)).lower() not in (b"", _OPENING.encode()):
            raise InputError(f"--html {html}: is there already and is no HTML page", "name another file")


def check_writable(option: str, path: Path) -> None:
    """Refuse a file in whose folder nothing can be made.

    Parameters
    ----------
    option : str
        By which it was named. [text]
    path : Path
        The file; its folder exists.

    Raises
    ------
    InputError
        If no file can be made there.
    """
    probe = _work(path)
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        problem = f"{option} {path}: no file can be made in {path.parent}: {error.strerror}"
        raise InputError(problem, "name another file") from None


def _work(path: Path) -> Path:
    """Return where a file is written before it takes its place."""
    return path.with_name(f".{path.name}-{os.getpid()}")


def write_page(page: str, html: Path) -> None:
    """Write a page whole or not at all, and say so on standard error.

    Parameters
    ----------
    page : str
        Its text. [HTML]
    html : Path
        Where, as ``check_target`` allows.
    """
    write_whole(page, html)


def write_whole(text: str, path: Path) -> None:
    """Write a text whole or not at all, and say so on standard error.

    Parameters
    ----------
    text : str
        What to write. [text]
    path : Path
        Where; what is there is replaced.
    """
    work = _work(path)
    try:
        with work.open("x", encoding="utf-8") as file:
            file.write(text)
        work.replace(path)
    except BaseException:
        work.unlink(missing_ok=True)
        raise
    click.echo(f"wrote {path}", err=True)
