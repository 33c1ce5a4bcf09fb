"""Every exception that Hedgerow raises on purpose.

::

    HedgerowError
    ├ InputError(ValueError)   fix the call
    │ └ NumeraireError         two currencies were mixed, or a numeraire is missing
    ├ ConfigError              fix the file, line and field named
    ├ MarketDataError          skip this beat: the market does not hold what was asked for
    ├ SolveError               the optimizer found no certified answer
    ├ TransformError           a model's prices did not reach their tolerance: loosen it or change the model
    ├ VenueError               a venue or a node did not do what was asked
    │ ├ Retryable              it may do so later: ask again
    │ └ Rejected               it will not: do not ask again unchanged
    └ InvariantBroken          a bug of Hedgerow itself: please report it

Each message is one line that says what was given, which rule it breaks and what to do next.
"""

from enum import Enum
from typing import Any


class HedgerowError(Exception):
    """Root of the tree.

    Parameters
    ----------
    problem : str
        What was given and which rule it breaks.
    advice : str
        What to do next.
    """

    def __init__(self, problem: str, advice: str = "") -> None:
        self.problem = problem
        self.advice = advice
        super().__init__(f"{problem}; {advice}" if advice else problem)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whatever the constructor of a subclass asks for."""
        return _rebuild, (type(self), str(self), self.__dict__)


def _rebuild(kind: type[HedgerowError], message: str, fields: dict[str, Any]) -> HedgerowError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(fields)
    return error


class InputError(HedgerowError, ValueError):
    """An argument breaks a rule: fix the call."""


class NumeraireError(InputError):
    """Unlike currencies were mixed, or a numeraire is not one of the two of the book."""


class ConfigError(HedgerowError):
    """A file that the user wrote breaks a rule: fix the file, line and field named.

    Parameters
    ----------
    file : str
        Path of the file as the user gave it.
    field : str
        Dotted path of the field, for example ``position[2].quantity``; empty for the whole file.
    problem : str
        What was found there and which rule it breaks.
    advice : str
        What to do next.
    line : int or None
        Line of the field in the file, where it is known. [1-based]
    """

    def __init__(self, file: str, field: str, problem: str, advice: str = "", line: int | None = None) -> None:
        self.file = file
        self.field = field
        self.line = line
        where = f"{file}:{line}" if line is not None else file
        super().__init__(f"{where}: {field}: {problem}" if field else f"{where}: {problem}", advice)


class DataFault(Enum):
    """Why a market input cannot be used."""

    MISSING = "missing"
    CROSSED = "crossed"
    ONE_SIDED = "one-sided"
    NOT_FINITE = "not finite"
    ARBITRAGE = "arbitrage"
    EXPIRED = "expired"


class MarketDataError(HedgerowError):
    """The market does not hold a usable input.

    Parameters
    ----------
    name : str
        The instrument, pool or series.
    fault : DataFault
        The reason, for machines.
    problem : str
        What was found, for people.
    advice : str
        What to do next.
    """

    def __init__(self, name: str, fault: DataFault, problem: str, advice: str = "") -> None:
        self.name = name
        self.fault = fault
        super().__init__(f"{name}: {problem}", advice)


class SolveFault(Enum):
    """Why the optimizer gave no answer."""

    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    NOT_CONVERGED = "not converged"


class SolveError(HedgerowError):
    """The optimizer found no certified answer.

    Parameters
    ----------
    fault : SolveFault
        The reason, for machines.
    problem : str
        What was found, for people.
    advice : str
        What to do next.
    """

    def __init__(self, fault: SolveFault, problem: str, advice: str = "") -> None:
        self.fault = fault
        super().__init__(problem, advice)


class TransformError(HedgerowError):
    """Prices under a model did not reach the tolerance asked for, so there are none.

    Parameters
    ----------
    problem : str
        What was found, for people.
    advice : str
        What to do next.
    expiry_years : float
        The expiry at which it happened. [years, Act/365]
    """

    def __init__(self, problem: str, advice: str = "", *, expiry_years: float = float("nan")) -> None:
        self.expiry_years = expiry_years
        super().__init__(problem, advice)


class VenueFault(Enum):
    """Why a venue or a node did not do what was asked."""

    AWAY = "gone away"
    LAGS = "lags behind"
    LIES = "contradicts itself"
    REFUSED = "refused"
    UNSUPPORTED = "not supported"


class VenueError(HedgerowError):
    """A venue or a node did not do what was asked.

    Parameters
    ----------
    venue : str
        Its name or address.
    fault : VenueFault
        The reason, for machines.
    problem : str
        What was found, for people.
    advice : str
        What to do next.
    """

    def __init__(self, venue: str, fault: VenueFault, problem: str, advice: str = "") -> None:
        self.venue = venue
        self.fault = fault
        super().__init__(f"{venue}: {problem}", advice)


class Retryable(VenueError):
    """It went away or lags behind: the same request may succeed later."""


class Rejected(VenueError):
    """It refused, or what it says cannot be used: the same request will fail again."""


class InvariantBroken(HedgerowError):
    """Something that cannot happen did: a bug of Hedgerow itself."""
