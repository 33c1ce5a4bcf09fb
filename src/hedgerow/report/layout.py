"""Widths, numbers, tables and lines of what is printed of a hedge."""

import textwrap
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

WIDTH = 108
"""Text wraps here; tables take what their numbers need. [columns]"""

CANVAS = 400
"""Wide enough that no cell of a table is ever cut. [columns]"""


def drawing_console(**settings: Any) -> Console:
    """Return what draws reports: nothing in their text is markup, so that names from files stay as they are written.

    Parameters
    ----------
    **settings
        Of rich's console.

    Returns
    -------
    Console
        As wide as the canvas, without markup and emoji codes. [text]
    """
    return Console(width=CANVAS, markup=False, emoji=False, **settings)


def number(value: float, digits: int = 6) -> str:
    """Write a number with thousands separators and a sensible number of digits.

    Parameters
    ----------
    value : float
        The number. [any]
    digits : int
        From so many digits before the point on, none follow it. [count]

    Returns
    -------
    str
        For example ``50,027.0`` or ``-9.20e-05``. [text]
    """
    size = abs(value)
    if size >= 1e15 or 0.0 < size < 1e-4:
        return f"{value:.2e}"
    if size >= 1000.0:
        return f"{value:,.0f}" if size >= 10.0 ** (digits - 1) else f"{value:,.1f}"
    return f"{value:.{4 if size < 10.0 else 2}f}"


def table(title: str, *columns: str) -> Table:
    """Begin a table: the first column to the left, numbers to the right.

    Parameters
    ----------
    title : str
        Its title. [text]
    *columns : str
        Its headings. [text]

    Returns
    -------
    Table
        Without rows yet. [table]
    """
    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1),
    )
    for i, column in enumerate(columns):
        made.add_column(column, justify="left" if i == 0 else "right", no_wrap=True)
    return made


def printable(text: str) -> str:
    """Make a name from a file safe to show: what is no printable character becomes a question mark.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Of the same length. [text]
    """
    return "".join(char if char.isprintable() else "?" for char in text)


def line(text: str) -> RenderableType:
    """Indent a line, and what wraps of it a little more.

    Parameters
    ----------
    text : str
        The line; what is not printable in it is replaced. [text]

    Returns
    -------
    rich renderable
        It, wrapped at ``WIDTH``. [text]
    """
    first, *rest = textwrap.wrap(printable(text), WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return Text("\n".join([f"  {first}", *(f"    {more}" for more in rest)]))
