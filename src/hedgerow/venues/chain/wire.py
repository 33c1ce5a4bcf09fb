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


@runtime_checkable
class Wire(Protocol):
    """The port."""

    @property
    def name(self) -> str:
        """Where it leads, for errors. [text]"""

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

    def heads(self) -> AsyncIterator[dict[str, Any]]:
        """Listen to new heads, without end; some may be missed, and some may come twice.

        Yields
        ------
        dict
            A block header as ``eth_subscribe`` sends it. [as the node says]
        """
        ...

    def clock_ns(self) -> int:
        """Tell the time; a recording tells the time at which it was asked for when it was made.

        Returns
        -------
        int
            Now. [UTC epoch ns]
        """
        ...

    async def close(self) -> None:
        """Hang up."""
        ...
