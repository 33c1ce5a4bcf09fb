"""The port to a node: questions and answers as JSON-RPC, heads as they come.

Everything above it is one code path, whether a node speaks, or a recording of one.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec


class Question(msgspec.Struct, frozen=True):
    """One JSON-RPC request.

    Parameters
    ----------
    method : str
        For example ``eth_call``.
    params : list
        Plain values. [as the method says]
    """

    method: str
    params: list[Any]


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came back for one question.

    Parameters
    ----------
    result : object
        Plain values; None where there is none. [as the method says]
    error : str
        The node's message if it refused; empty if not. [text]
    """

    result: Any = None
    error: str = ""


class Heard(msgspec.Struct, frozen=True):
    """A head, and when it came in.

    Parameters
    ----------
    head : object
        A block header as the node sends it, not yet checked. [as the node says]
    at_ns : int
        When it arrived, however long it then waited. [UTC epoch ns]
    """

    head: Any
    at_ns: int


@runtime_checkable
class Wire(Protocol):
    """The port."""

    @property
    def name(self) -> str:
        """Where it leads, for errors: nothing that opens a door is in it. [text]"""

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Ask several things in one round trip.

        Parameters
        ----------
        questions : sequence of Question
            What to ask.

        Returns
        -------
        list of Answer
            In the same order. [as the methods say]

        Raises
        ------
        Retryable
            If nothing answers any more.
        """
        ...

    def heads(self) -> AsyncIterator[Heard]:
        """Listen to new heads, without end; some may be missed, some may come twice, and in silence the last one does.

        Yields
        ------
        Heard
            A block header as ``eth_subscribe`` sends it. [as the node says]
        """
        ...

    def clock_ns(self, purpose: str = "") -> int:
        """Tell the time; a recording tells the time at which it was asked for when it was made.

        Parameters
        ----------
        purpose : str
            What it is asked for, so that a recording finds the same question again.

        Returns
        -------
        int
            Now. [UTC epoch ns]
        """
        ...

    async def pause(self, seconds: float) -> None:
        """Wait before asking again; a recording does not.

        Parameters
        ----------
        seconds : float
            How long. [seconds]
        """
        ...

    async def close(self) -> None:
        """Hang up."""
        ...
