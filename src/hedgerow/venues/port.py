"""The door to a venue: commands go in, events come out."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from hedgerow.events import Command, Event


@runtime_checkable
class Venue(Protocol):
    """The port: an exchange, a chain, or a simulation of one."""

    @property
    def next_ns(self) -> int:
        """When something happens next, as far as is known. [UTC epoch ns]"""
        ...

    def take(self, command: Command, now_ns: int) -> None:
        """Accept a command for delivery.

        Parameters
        ----------
        command : Command
            What to do.
        now_ns : int
            When it leaves here. [UTC epoch ns]
        """
        ...

    def advance(self, until_ns: int) -> Sequence[Event]:
        """Let time pass.

        Parameters
        ----------
        until_ns : int
            The time now. [UTC epoch ns]

        Returns
        -------
        sequence of Event
            What became known here by then, in that order. [as their fields]
        """
        ...
