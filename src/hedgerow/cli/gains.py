"""Writes realised gains as a file."""

import csv
from pathlib import Path

from hedgerow.cli.pages import check_writable, write_whole
from hedgerow.core.errors import InputError
from hedgerow.report import BacktestReport, gains_csv
from hedgerow.report.gains import GAIN_COLUMNS


def check_gains(path: Path | None) -> None:
    """Refuse a place where no table of gains can be written, before the work begins.

    Parameters
    ----------
    path : Path or None
        Where it shall be; None for nowhere.

    Raises
    ------
    InputError
        If it cannot be written, or something else than such a table is there.
    """
    if path is None:
        return
    if path.is_dir():
        raise InputError(f"--gains {path}: is a folder", "name a file in it")
    if not path.parent.is_dir():
        raise InputError(f"--gains {path}: there is no folder {path.parent}", "make it, or name another file")
    if path.exists() and not path.is_file():
        raise InputError(f"--gains {path}: is no plain file", "name another file")
    check_writable("--gains", path)
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        header = next(csv.reader([file.readline(1000)]), [])
    if header and tuple(header) != GAIN_COLUMNS:
        raise InputError(f"--gains {path}: is there already and is no table of gains", "name another file")


def write_gains(report: BacktestReport, path: Path) -> None:
    """Write the realised gains of a backtest, whole or not at all, and say so on standard error.

    Parameters
    ----------
    report : BacktestReport
        A finished backtest.
    path : Path
        Where, as ``check_gains`` allows.

    Raises
    ------
    InputError
        If the smallest unit of a currency is not on file.
    """
    write_whole(gains_csv(report), path)
