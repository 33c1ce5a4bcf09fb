"""Reports of a market: printed as tables or JSON, and written as a page, whole or not at all."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
from rich.console import RenderableType

from hedgerow.core.errors import InputError
from hedgerow.report import CalibrationReport, PoolReport, RiskReport, SimulationReport, SurfaceReport
from hedgerow.report.layout import drawing_console

_OPENING = "<!doctype html>"
_FIRST: Final = 1000
"""So much of a file is read to tell what it is. [bytes]"""


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
    drawing_console().print(view(), soft_wrap=True)


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
    if html is not None:
        check_place("--html", html, "HTML page", lambda first: first.lower().startswith(_OPENING.encode()))


def check_place(option: str, path: Path, kind: str, own: Callable[[bytes], bool]) -> None:
    """Refuse a place where a file cannot be written, or where something else would be lost.

    Parameters
    ----------
    option : str
        By which it was named. [text]
    path : Path
        Where the file shall be; of a link, the file that it leads to.
    kind : str
        What the file is. [text]
    own : callable
        Tells from the first thousand bytes, at least one, of what is there whether it is such a file.

    Raises
    ------
    InputError
        If it cannot be written, or something else is there.
    """
    try:
        place = path.resolve()
    except (OSError, RuntimeError):
        raise InputError(f"{option} {path}: is a link that leads nowhere", "name another file") from None
    if place.is_dir():
        raise InputError(f"{option} {path}: is a folder", "name a file in it")
    if not place.parent.is_dir():
        raise InputError(f"{option} {path}: there is no folder {place.parent}", "make it, or name another file")
    if place.exists() and not place.is_file():
        raise InputError(f"{option} {path}: is no plain file", "name another file")
    check_writable(option, place)
    if not place.exists():
        return
    try:
        with place.open("rb") as file:
            first = file.read(_FIRST)
    except OSError as error:
        raise InputError(f"{option} {path}: cannot be read: {error.strerror}", "name another file") from None
    if first and not own(first):
        raise InputError(f"{option} {path}: is there already and is no {kind}", "name another file")


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
        Where; what is there is replaced, of a link the file that it leads to.
    """
    place = path.resolve()
    work = _work(place)
    try:
        with work.open("x", encoding="utf-8") as file:
            file.write(text)
        work.replace(place)
    except BaseException:
        work.unlink(missing_ok=True)
        raise
    click.echo(f"wrote {path}", err=True)
