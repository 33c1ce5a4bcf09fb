"""Reading a study on simulated paths, with the rules that need no data."""

from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.simulation_bounds import LARGEST_VOL, check_sizes
from hedgerow.config.simulation_models import (
    GbmLine,
    HestonLine,
    LognormalLine,
    MertonLine,
    ModelLine,
    SabrLine,
    SvcjLine,
)
from hedgerow.config.simulation_policies import read_policies
from hedgerow.config.simulation_tables import (
    CallLine,
    ExactLine,
    HeldLine,
    LelandLine,
    PoolLine,
    PutLine,
    RangeLine,
    RegularLine,
)
from hedgerow.config.study_kinds import check_command
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.toml_file import LARGEST, line_of, read_text, read_toml
from hedgerow.core.toml_words import nearest
from hedgerow.pricing.models import SABR, SVCJ, Bates, Heston, LogNormalSV, Merton, Model

_MOST_PATHS: Final = 10**10
_MOST_STEPS: Final = 100_000
_MOST_HOURS: Final = 1e6


def load_simulation(path: str | Path) -> SimulationStudy:
    """Read the file of ``hedgerow simulate``.

    Parameters
    ----------
    path : str or Path
        The TOML file.

    Returns
    -------
    SimulationStudy
        Its content, checked as far as it can be without simulating. [as its fields]

    Raises
    ------
    ConfigError
        If the file is missing or breaks a rule; names file, line, field and remedy.
    """
    study = _read(Path(path))
    if study.file:
        raise ConfigError(str(path), "file", "unknown key", "remove it", line_of(read_text(Path(path)), "file"))
    study = msgspec.structs.replace(study, file=str(path))
    check_simulation(study)
    return study


def check_simulation(study: SimulationStudy) -> None:
    """Apply the rules that need no data.

    Parameters
    ----------
    study : SimulationStudy
        The study.

    Raises
    ------
    ConfigError
        If it breaks one.
    """
    check_sizes(study, msgspec.to_builtins(study))
    if not study.name.isprintable():
        raise study.error("name", "holds control characters", "use printable text")
    _check_moves(study)
    _check_held(study)
    _check_hedge(study)
    _check_objective(study)
    _check_simulation(study)
    hours = study.frontier.compare_every_hours
    _positive(study, "frontier.compare_every_hours", hours, "give a positive number of hours")
    if not study.policy:
        raise study.error("policy", "there is none", 'add a [[policy]], say kind = "delta"')
    policies = read_policies(study)
    _check_published(study, [named.name for named in policies])
    for i, named in enumerate(policies):
        if isinstance(named.rule, RegularLine | LelandLine):
            _check_grid(study, f"policy[{i}]", named.rule)
        if isinstance(named.rule, ExactLine) and not 0.0 < named.rule.risk_aversion < LARGEST:
            problem = f"is {named.rule.risk_aversion:g}"
            raise study.error(f"policy[{i}].risk_aversion", problem, "give a positive number, per unit of money")


def _check_published(study: SimulationStudy, names: list[str]) -> None:
    for i, line in enumerate(study.published):
        where = f"published[{i}]"
        if line.policy not in names:
            raise study.error(f"{where}.policy", f"no policy is called {line.policy!r}", f"there is {', '.join(names)}")
        if (line.within is None) == (line.at_most is None):
            raise study.error(where, "takes within or at_most", "state one of the two")
        if line.within is not None and line.within < 0.0:
            raise study.error(f"{where}.within", f"is {line.within:g}", "give a tolerance that is not negative")


def model_of(study: SimulationStudy) -> Model | None:
    """Make the model of a study.

    Parameters
    ----------
    study : SimulationStudy
        The study.

    Returns
    -------
    Model or None
        As ``pricing.models`` has it; a geometric Brownian motion is ``Merton`` without jumps; None if returns are
        resampled. [none]

    Raises
    ------
    ConfigError
        If a parameter is outside its domain.
    """
    line = study.model
    if line is None:
        return None
    if isinstance(line, GbmLine):
        return Merton(vol=line.sigma, jump_intensity=0.0, jump_mean=0.0, jump_vol=0.0)
    kinds: dict[type[Any], Any] = {HestonLine: Heston, MertonLine: Merton, SvcjLine: SVCJ}
    kinds |= {SabrLine: SABR, LognormalLine: LogNormalSV}
    given = {name: getattr(line, name) for name in line.__struct_fields__ if name != "mu"}
    try:
        made: Model = kinds.get(type(line), Bates)(**given)
    except InputError as error:
        key = error.problem.partition(" = ")[0]
        raise study.error(f"model.{key}", f"is {given.get(key)}", error.advice) from None
    return made


def _read(path: Path) -> SimulationStudy:
    """Read the types; an unknown kind is told what kinds there are."""
    check_command(path, "simulate")
    try:
        return read_toml(path, SimulationStudy)
    except ConfigError as error:
        table, _, key = error.field.rpartition(".")
        lines = {"model": ModelLine, "position": HeldLine}.get(table.partition("[")[0])
        if lines is None or key != "kind" or "Invalid value" not in error.problem:
            raise
        known = ", ".join(str(line.__struct_config__.tag) for line in get_args(lines))
        problem = error.problem.rpartition(": ")[2]
        near = nearest(problem.partition("'")[2].rstrip("'"), known.split(", "))
        raise ConfigError(str(path), error.field, problem, f"there is {known}{near}", error.line) from None


def _positive(study: SimulationStudy, field: str, value: float | None, advice: str) -> None:
    if value is not None and not value > 0.0:
        raise study.error(field, f"is {value:g}", advice)


def _check_moves(study: SimulationStudy) -> None:
    if study.model is not None and study.resample is not None:
        raise study.error("resample", "stands beside [model]", "keep one of them")
    if study.model is None and study.resample is None:
        raise study.error("model", "is missing", 'add [model], say kind = "gbm" with sigma, or [resample]')
    _positive(study, "market.spot", study.market.spot, "give a positive price")
    if study.model is not None:
        _check_model(study, study.model)
    line = study.resample
    if line is None:
        return
    _positive(study, "resample.bar_hours", line.bar_hours, "give the length of a bar in hours")
    if line.block_bars < 1:
        raise study.error("resample.block_bars", f"is {line.block_bars}", "give at least one bar")
    if study.simulation.antithetic:
        raise study.error("simulation.antithetic", "real returns have no mirror image", "remove it")
    if study.simulation.substeps is not None:
        raise study.error("simulation.substeps", "real returns have no steps in between", "remove it")


def _check_model(study: SimulationStudy, line: ModelLine) -> None:
    for key in ("sigma", "vol", "vol0"):
        vol = getattr(line, key, None)
        if vol is not None and not 0.0 < vol <= LARGEST_VOL:
            raise study.error(f"model.{key}", f"is {vol:g}", "it is a fraction: write 0.65 for 65 %")
    if abs(line.mu) > LARGEST_VOL:
        raise study.error("model.mu", f"is {line.mu:g}", "it is a fraction per year: write 0.05 for 5 %")
    model_of(study)


def _check_held(study: SimulationStudy) -> None:
    if study.option is not None and study.position:
        raise study.error("position[0]", "stands beside [option]", "keep one of them: a book is all [[position]]")
    if study.option is None and not study.position:
        raise study.error("option", "is missing", "add [option], or [[position]] for a book")
    if study.option is not None:
        _check_option(study, "option", study.option.strike, study.option.expiry_days, study.option.quantity)
        days = study.hedge.days_per_year
        if days is not None and days != study.option.days_per_year and study.option.days_per_year != 365.0:
            raise study.error("hedge.days_per_year", f"is {days:g}, [option] says otherwise", "state it once")
    _positive(study, "option.days_per_year", study.days_per_year, "give the days of a year, 365 say")
    for i, line in enumerate(study.position):
        _check_position(study, f"position[{i}]", line)


def _check_option(study: SimulationStudy, where: str, strike: float | None, days: float, quantity: float) -> None:
    _positive(study, f"{where}.strike", strike, "give a positive price")
    _positive(study, f"{where}.expiry_days", days, "give a positive number of days")
    if quantity == 0.0:
        raise study.error(f"{where}.quantity", "is 0", "give what is held: -1 is one option sold")


def _check_position(study: SimulationStudy, where: str, line: HeldLine) -> None:
    if line.settlement != study.position[0].settlement:
        problem = f"is {line.settlement!r}, that of the first position {study.position[0].settlement!r}"
        raise study.error(f"{where}.settlement", problem, "a study counts in one money: settle all alike")
    if isinstance(line, CallLine | PutLine):
        _check_option(study, where, line.strike, line.expiry_days, line.quantity)
        return
    if isinstance(line, PoolLine):
        try:
            line.held("pool")
        except InputError as error:
            raise study.error(where, error.problem, error.advice) from None
        return
    if line.liquidity == 0.0:
        raise study.error(f"{where}.liquidity", "is 0", "give what is held")
    if isinstance(line, RangeLine):
        _positive(study, f"{where}.lower", line.lower, "give a positive price; liquidity_v2 reaches to zero")
        if not line.lower < line.upper:
            raise study.error(f"{where}.upper", f"is {line.upper:g}, not above lower", "give the lower price first")


def _check_hedge(study: SimulationStudy) -> None:
    rules = study.hedge
    if rules.steps is not None and not 1 <= rules.steps <= _MOST_STEPS:
        raise study.error("hedge.steps", f"is {rules.steps}", f"give 1 to {_MOST_STEPS:,} dates")
    _positive(study, "hedge.horizon_days", rules.horizon_days, "give a positive number of days")
    _positive(study, "hedge.days_per_year", rules.days_per_year, "give the days of a year, 365 say")
    if rules.vol is not None and not 0.0 < rules.vol <= LARGEST_VOL:
        raise study.error("hedge.vol", f"is {rules.vol:g}", "it is a fraction: write 0.65 for 65 %")
    for key in ("proportional_cost", "fixed_cost", "impact_cost"):
        if not getattr(rules, key) >= 0.0:
            raise study.error(f"hedge.{key}", f"is {getattr(rules, key):g}", "a cost is zero or more")
    if not rules.proportional_cost < 0.5:
        problem = f"is {rules.proportional_cost:g}"
        raise study.error("hedge.proportional_cost", problem, "it is a fraction of the value traded: 0.001 is 10 bp")
    expiring = study.option is not None or any(isinstance(line, CallLine | PutLine) for line in study.position)
    if not expiring and rules.horizon_days is None:
        raise study.error("hedge.horizon_days", "is missing, and liquidity does not expire", "say how long it is held")


def _check_objective(study: SimulationStudy) -> None:
    rules = study.objective
    if not 0.0 <= rules.weight <= 1e6:
        raise study.error("objective.weight", f"is {rules.weight:g}", "give zero or more")
    if not 0.5 <= rules.level <= 0.999:
        raise study.error("objective.level", f"is {rules.level:g}", "give a probability from 0.5 to 0.999")
    _positive(study, "objective.risk_aversion", rules.risk_aversion, "give a positive number, per unit of money")
    if rules.kind == "entropic" and rules.risk_aversion is None:
        raise study.error("objective.risk_aversion", "is missing", "entropic needs it, per unit of money")


def _check_simulation(study: SimulationStudy) -> None:
    rules = study.simulation
    if not 200 <= rules.paths <= _MOST_PATHS:
        problem, advice = f"is {rules.paths}", f"give 200 to {_MOST_PATHS:,}: fewer have no standard error"
        raise study.error("simulation.paths", problem, advice)
    if rules.antithetic and rules.paths % 2:
        raise study.error("simulation.paths", f"is {rules.paths}, odd", "antithetic paths come in pairs")
    if not 0 <= rules.seed < 2**63:
        raise study.error("simulation.seed", f"is {rules.seed}", "give zero or more, below 2^63")
    if rules.substeps is not None and not 1 <= rules.substeps <= 10_000:
        raise study.error("simulation.substeps", f"is {rules.substeps}", "give 1 to 10,000")


def _check_grid(study: SimulationStudy, where: str, line: RegularLine | LelandLine) -> None:
    if line.every_hours is not None and line.every_steps is not None:
        raise study.error(f"{where}.every_hours", "stands beside every_steps", "state one of them")
    if line.every_hours is None and line.every_steps is None and isinstance(line, RegularLine):
        raise study.error(where, "time_grid needs every_hours or every_steps", "state one of them")
    if isinstance(line, LelandLine) and line.proportional_cost is not None and not 0.0 <= line.proportional_cost < 0.5:
        told = f"is {line.proportional_cost:g}"
        raise study.error(f"{where}.proportional_cost", told, "it is a fraction of the value traded: 0.001 is 10 bp")
    if line.every_steps is not None and not 1 <= line.every_steps <= _MOST_STEPS:
        raise study.error(f"{where}.every_steps", f"is {line.every_steps}", f"give 1 or more dates, to {_MOST_STEPS:,}")
    if line.every_hours is not None and not 0.0 < line.every_hours <= _MOST_HOURS:
        told = f"give a positive number of hours, to {_MOST_HOURS:,.0f}"
        raise study.error(f"{where}.every_hours", f"is {line.every_hours:g}", told)
