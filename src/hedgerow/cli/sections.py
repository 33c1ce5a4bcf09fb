"""Commands grouped by what they are for, in ``--help``."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

import click

_ORDER: Final = ("Hedge", "Test", "Live", "Data", "Dev")
"""Headings from what a newcomer needs to what a developer does."""


class Sections(click.Group):
    """A group whose commands stand under headings."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section_of: dict[str, str] = {}

    def command(self, *args: Any, section: str = "", **kwargs: Any) -> Callable[[Callable[..., Any]], click.Command]:  # type: ignore[override]
        """Register a command under a heading.

        Parameters
        ----------
        *args, **kwargs
            As for ``click.Group.command``.
        section : str
            The heading.

        Returns
        -------
        callable
            A decorator. [function]
        """

        def register(function: Callable[..., Any]) -> click.Command:
            command: click.Command = super(Sections, self).command(*args, **kwargs)(function)
            self.section_of[command.name or ""] = section
            return command

        return register

    def adopt(self, group: click.Command, *, section: str) -> None:
        """Put a group of commands that is made elsewhere under a heading.

        Parameters
        ----------
        group : Command
            The group.
        section : str
            The heading.
        """
        self.add_command(group)
        self.section_of[group.name or ""] = section

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each heading with its commands."""
        rows: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name in self.list_commands(ctx):
            command = self.commands[name]
            rows[self.section_of.get(name, "")].append((name, command.get_short_help_str(limit=100)))
        for section in sorted(rows, key=_ORDER.index):
            with formatter.section(section):
                formatter.write_dl(rows[section])
