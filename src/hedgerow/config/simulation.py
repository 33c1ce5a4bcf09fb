"""The study on simulated paths: what is held, how its price moves, what trading costs, which policies."""

from pathlib import Path
from typing import Any

import msgspec

from hedgerow.config.simulation_models import ModelLine, ResampleLine
from hedgerow.config.simulation_tables import (
    CallLine,
    FrontierLine,
    HeldLine,
    MarketLine,
    ObjectiveLine,
    PublishedLine,
    PutLine,
    SimulationLine,
    SoldOption,
    TradingRules,
)
from hedgerow.core.errors import ConfigError
from hedgerow.core.toml_file import line_of, read_text


class SimulationStudy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole file of ``hedgerow simulate``.

    Parameters
    ----------
    policy : tuple of dict
        The ``[[policy]]`` tables: ``kind``, an optional ``name``, and what the kind asks for.
    model, resample : ModelLine or None, ResampleLine or None
        How the price moves: one of the two.
    option, position : SoldOption or None, tuple of HeldLine
        What is held: one option or a book.
    market, hedge, objective, simulation, frontier
        The tables of the same names.
    published : tuple of PublishedLine
        Figures to compare with.
    name : str
        For people.
    file : str
        Where it was read from; empty if it was made in code.
    """

    policy: tuple[dict[str, Any], ...]
    model: ModelLine | None = None
    resample: ResampleLine | None = None
    option: SoldOption | None = None
    position: tuple[HeldLine, ...] = ()
    market: MarketLine = MarketLine()
    hedge: TradingRules = TradingRules()
    objective: ObjectiveLine = ObjectiveLine()
    simulation: SimulationLine = SimulationLine()
    frontier: FrontierLine = FrontierLine()
    published: tuple[PublishedLine, ...] = ()
    name: str = "study"
    file: str = ""

    @property
    def days_per_year(self) -> float:
        """Days that make a year of vol and drift. [days]"""
        if self.hedge.days_per_year is not None:
            return self.hedge.days_per_year
        return 365.0 if self.option is None else self.option.days_per_year

    @property
    def settlement(self) -> str:
        """``linear`` or ``inverse``, the same for all that is held. [none]"""
        return (self.option or self.position[0]).settlement

    @property
    def horizon_days(self) -> float:
        """Length of the paths: stated, or to the last expiry. [days]"""
        if self.hedge.horizon_days is not None:
            return self.hedge.horizon_days
        if self.option is not None:
            return self.option.expiry_days
        return max(line.expiry_days for line in self.position if isinstance(line, CallLine | PutLine))

    def path(self, file: str) -> Path:
        """Find a data file.

        Parameters
        ----------
        file : str
            As the study names it.

        Returns
        -------
        Path
            Relative paths count from the study file. [path]
        """
        return Path(self.file).parent / file if self.file else Path(file)

    def error(self, field: str, problem: str, advice: str) -> ConfigError:
        """Make an error that points into the file of this study.

        Parameters
        ----------
        field : str
            Dotted path, for example ``policy[1].risk_aversion``.
        problem, advice : str
            What is wrong and what to do. [text]

        Returns
        -------
        ConfigError
            With file and line, where there is a file. [error]
        """
        line = line_of(read_text(Path(self.file)), field) if self.file and Path(self.file).is_file() else None
        return ConfigError(self.file or "study", field, problem, advice, line)
