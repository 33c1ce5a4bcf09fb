"""Figures of a study beside those that somebody published."""

from dataclasses import dataclass
from typing import Any, Final

FIGURES: Final = {
    "mean": ("mean", "mean_error"),
    "std": ("std", "std_error"),
    "objective": ("objective", "standard_error"),
    "cvar": ("cvar", "cvar_error"),
    "certainty_equivalent": ("certainty_equivalent", "certainty_equivalent_error"),
    "gap_to_exact": ("gap", "gap_error"),
}
"""Figure and standard error of a policy, by name in a study file."""

_SURE: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFigure:
    """One figure that was published, and what was seen.

    Parameters
    ----------
    policy, figure, source : str
        Name of the policy; which figure of it; where it was published.
    value : float
        What was published. [report unit]
    within, at_most : float or None
        How far off the figure may be, or what it may be at most; one of the two. [report unit]
    seen, standard_error : float
        The figure, and what it may be off by chance. [report unit]
    """

    policy: str
    figure: str
    source: str
    value: float
    within: float | None
    at_most: float | None
    seen: float
    standard_error: float

    @property
    def holds(self) -> bool:
        """Whether the figure is where it should be, two standard errors allowed. [bool]"""
        room = _SURE * self.standard_error
        if self.at_most is not None:
            return self.seen <= self.at_most + room
        return abs(self.seen - self.value) <= (self.within or 0.0) + room

    def to_dict(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
            As ``docs/simulate-json.md`` describes it. [report unit]
        """
        names = ("policy", "figure", "source", "value", "within", "at_most", "seen", "standard_error", "holds")
        return {name: getattr(self, name) for name in names}
