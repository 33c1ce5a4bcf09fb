"""Writes realised gains as a file."""

from pathlib import Path

from hedgerow.cli.pages import check_place, write_whole
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
    if path is not None:
        check_place("--gains", path, "table of gains", _is_table)


def _is_table(first: bytes) -> bool:
    """Tell from its first line whether a file is a table of gains."""
    line = first.decode("utf-8", errors="replace").splitlines()[0]
    return tuple(line.split(",")) == GAIN_COLUMNS


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
