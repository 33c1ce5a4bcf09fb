"""Trying again where a node lags: blocks that were there a moment ago may be reorganised away while they are read."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from hedgerow.core.errors import Retryable, VenueFault
from hedgerow.venues.chain.node import TooOld
from hedgerow.venues.chain.wire import Wire

PATIENCE_S: Final = 30.0
"""After so long a node that lags is given up. [seconds]"""

_FIRST_WAIT_S: Final = 0.1
_LONGEST_WAIT_S: Final = 5.0

_Found = TypeVar("_Found")


class Patience:
    """Growing waits, until they add up to too long.

    Parameters
    ----------
    wire : Wire
        Which knows how to wait.
    patience_s : float
        In all. [seconds]
    """

    def __init__(self, wire: Wire, patience_s: float = PATIENCE_S) -> None:
        self._wire = wire
        self._left_s, self._wait_s = patience_s, _FIRST_WAIT_S

    async def wait(self, error: Retryable) -> None:
        """Wait before another try.

        Parameters
        ----------
        error : Retryable
            Why the last one failed; it is raised again if it is no lag, or patience is at its end.

        Raises
        ------
        Retryable
            The same one.
        """
        if isinstance(error, TooOld) or error.fault is not VenueFault.LAGS or self._left_s <= 0.0:
            raise error
        await self._wire.pause(self._wait_s)
        self._left_s -= self._wait_s
        self._wait_s = min(2.0 * self._wait_s, _LONGEST_WAIT_S)


async def patiently(wire: Wire, attempt: Callable[[], Awaitable[_Found]]) -> _Found:
    """Do something as a whole, and again as a whole while the node lags.

    Parameters
    ----------
    wire : Wire
        Which knows how to wait.
    attempt : callable
        Asks for the newest block anew.

    Returns
    -------
    object
        What it found. [as it says]

    Raises
    ------
    Retryable
        If the node goes on lagging, or goes away.
    """
    patience = Patience(wire)
    while True:
        try:
            return await attempt()
        except Retryable as error:
            await patience.wait(error)
