"""Reading a study file, with the rules that need no data."""

import re
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from hedgerow.config.check_accounts import RICHEST, check_accounts, check_start
from hedgerow.config.check_instruments import check_instrument, check_latency
from hedgerow.config.policy_lines import ExactLine, GasAwareLine, LelandLine, QuadraticImpactLine, ZakamoulineLine
from hedgerow.config.study import Study
from hedgerow.config.study_instruments import BookLine, ExchangeLine, InstrumentLine
from hedgerow.config.study_kinds import check_command
from hedgerow.config.study_latency import Delay
from hedgerow.config.study_tables import PolicyLine
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.instants import DAY_NS
from hedgerow.core.toml_file import LARGEST, line_of, numbers_in, read_text, read_toml
from hedgerow.core.toml_words import nearest
from hedgerow.policy import LelandConstant
from hedgerow.policy.checks import check_cost, check_positive

_LONGEST_S: Final = 1e9
_MOST: Final = 1e9
_MOST_DATES: Final = 2_000
_WORDS: Final = {
    "bad_rows": "refuse or skip",
    "funding": "recorded or rule",
    "queue": "conservative or proportional",
    "self_trade": "cancel_newest, cancel_oldest or cancel_both",
    "leverage": "optimal, or a number from 0.1 to 1000",
    "constant": " or ".join(get_args(LelandConstant)),
}
"""What else a key can say, by key."""
_BALANCE: Final = re.compile(r"policy\[\d+\]\.balances\.[^.]+")
"""What a policy lets an account start with: the name of an account stands there."""


def load_study(path: str | Path) -> Study:
    """Read a study file.

    Parameters
    ----------
    path : str or Path
        The TOML file.

    Returns
    -------
    Study
        Its content, checked as far as it can be without the data. [as its fields]

    Raises
    ------
    ConfigError
        If the file is missing or breaks a rule; names file, line, field and remedy.

    Examples
    --------
    >>> import hedgerow as hr
    >>> study = hr.load_study(hr.example("lp-2023-08-13") / "study.toml")
    >>> study.numeraire, len(study.policy)
    ('USD', 4)
    """
    study = _read(Path(path))
    if study.file:
        raise ConfigError(str(path), "file", "unknown key", "remove it", line_of(read_text(Path(path)), "file"))
    study = msgspec.structs.replace(study, file=str(path))
    for field, value in numbers_in(msgspec.to_builtins(study)):
        if not abs(value) <= LARGEST:
            raise study.error(field, f"is {value:g}", f"give a finite number, of at most {LARGEST:g}")
    _check_frame(study)
    _check_tables(study)
    for i, line in enumerate(study.instrument):
        check_instrument(study, i, line)
    for i, policy in enumerate(study.policy):
        _check_policy(study, i, policy)
    return study


def _read(path: Path) -> Study:
    """Read the types; an unknown kind is told what kinds there are."""
    check_command(path, "backtest")
    try:
        return read_toml(path, Study)
    except ConfigError as error:
        key, problem = error.field.rpartition(".")[2], error.problem.rpartition(": ")[2]
        if _BALANCE.fullmatch(error.field) and problem.startswith("Expected a table"):
            advice = f"name the account that holds it: balances = {{ account = {{ {key} = 1.0 }} }}"
            raise ConfigError(str(path), error.field, problem, advice, error.line) from None
        if key in _WORDS and problem.startswith("Invalid enum value"):
            raise ConfigError(str(path), error.field, problem, f"write {_WORDS[key]}", error.line) from None
        lines = {"kind": PolicyLine, "venue": InstrumentLine, "distribution": Delay}.get(key)
        if lines is None or not error.problem.startswith(f"{path}:{error.line}: {error.field}: Invalid value"):
            raise
        known = ", ".join(str(line.__struct_config__.tag) for line in get_args(lines))
        near = nearest(problem.partition("'")[2].rstrip("'"), known.split(", "))
        raise ConfigError(str(path), error.field, problem, f"there is {known}{near}", error.line) from None


def _check_frame(study: Study) -> None:
    if study.numeraire not in ("USD", study.base):
        raise study.error("numeraire", f"is {study.numeraire!r}", f"state USD or {study.base}")
    if not study.name.isprintable():
        raise study.error("name", "holds control characters", "use printable text")
    for key in ("start", "end"):
        if getattr(study, key).tzinfo is None:
            raise study.error(key, "has no time zone", "write it with Z, as 2023-08-13T00:00:00Z")
    if not study.start < study.end:
        raise study.error("end", "is not after start", "give the end of the last day")
    if study.end_ns - study.start_ns > 20 * 365 * DAY_NS:
        raise study.error("end", "is more than 20 years after start", "check the years")
    _check_data(study)


def _check_data(study: Study) -> None:
    for currency, rate in study.rates.items():
        if not 1e-15 <= rate <= 1e9:
            raise study.error(f"rates.{currency}", f"is {rate:g}", "a rate is positive, in USD per unit")
    booked = bool(study.instrument) and isinstance(study.instrument[0], BookLine)
    if study.data.price is None and study.data.pool is None and not booked:
        raise study.error("data", "names neither price nor pool", "name one of them: the price of the coin")
    if study.data.gas is not None and study.data.gas_gwei is not None:
        raise study.error("data.gas_gwei", "stands beside data.gas", "keep one of them")


_BOUNDS: Final = {
    "data.max_gap_s": (1.0, _LONGEST_S),
    "data.gas_gwei": (0.0, 1e9),
    "data.price.bar_s": (1.0, 1e7),
    "data.pool.bar_s": (1.0, 1e7),
    "data.pool.fee": (0.0, 0.5),
    "data.pool.tick_spacing": (1, 16_384),
    "data.pool.decimals0": (0, 36),
    "data.pool.decimals1": (0, 36),
    "data.gas.bar_s": (1.0, 1e7),
    "data.index.bar_s": (1.0, 1e7),
    "hedge.delta": (-_MOST, _MOST),
    "hedge.order_timeout_s": (1e-3, 1e7),
    "hedge.retry_s": (1e-3, 1e7),
    "hedge.max_quote_age_s": (1e-3, _LONGEST_S),
    "latency.data_ms": (0.0, 1e7),
    "latency.orders_ms": (0.0, 1e7),
    "latency.reports_ms": (0.0, 1e7),
    "latency.jitter_ms": (0.0, 1e6),
    "latency.transfer_s": (0.0, 1e7),
    "faults.lose_orders": (0.0, 0.9),
    "faults.lose_reports": (0.0, 0.9),
    "faults.double_reports": (0.0, 1.0),
    "faults.late": (0.0, 1.0),
    "margin.liquidation_fee": (0.0, 0.5),
    "margin.vol": (1e-3, 10.0),
    "margin.horizon_s": (1.0, _LONGEST_S),
    "margin.capital_cost": (0.0, 10.0),
    "margin.liquidation_cost": (0.0, 1.0),
    "margin.highest_leverage": (1.0, 1000.0),
    "refit.window_s": (1.0, 1e9),
    "refit.takes_s": (0.0, 1e6),
    "report.interval_s": (1.0, 1e7),
}


def _check_tables(study: Study) -> None:
    for field, (low, high) in _BOUNDS.items():
        node: Any = study
        for key in field.split("."):
            node = None if node is None else getattr(node, key)
        if node is not None and not low <= node <= high:
            raise study.error(field, f"is {node:g}", f"give a number from {low:g} to {high:g}")
    every = study.refit.every_s
    if every and not 1.0 <= every <= _LONGEST_S:
        raise study.error("refit.every_s", f"is {every:g}", "give zero for never, or at least 1 second")
    check_latency(study)
    if study.seed < 0:
        raise study.error("seed", f"is {study.seed}", "give a number that is not negative")
    _check_lists(study)


def _check_lists(study: Study) -> None:
    check_accounts(study)
    if not study.instrument:
        raise study.error("instrument", "is empty", "name what may be traded")
    if not study.policy:
        raise study.error("policy", "is empty", "name at least one policy")


def _check_policy(study: Study, i: int, line: PolicyLine) -> None:
    where = f"policy[{i}]"
    if line.instrument and line.instrument not in [item.name for item in study.instrument]:
        raise study.error(
            f"{where}.instrument", f"no instrument is called {line.instrument!r}", "add it, or correct it"
        )
    if not line.name.isprintable():
        raise study.error(f"{where}.name", "holds control characters", "use printable text")
    try:
        if isinstance(line, ExactLine):
            _check_exact(study, where, line)
        else:
            line.rule()
    except InputError as error:
        key = error.problem.partition(" = ")[0]
        raise study.error(f"{where}.{key}", f"is {getattr(line, key):g}", error.advice) from None
    check_start(study, where, line)
    traded = study.traded_by(line)
    if isinstance(line, GasAwareLine) and line.fixed_cost is None and isinstance(traded, ExchangeLine):
        problem = f"is missing, and {traded.name} costs no gas"
        raise study.error(f"{where}.fixed_cost", problem, "state what a trade of any size costs")
    if isinstance(line, LelandLine | ZakamoulineLine) and not study.option:
        kind = line.__struct_config__.tag
        raise study.error(f"{where}.kind", f"{kind} needs options", "add an [[option]], or use whalley_wilmott")
    if isinstance(line, QuadraticImpactLine) and not (study.option or study.refit.every_s):
        advice = "add an [[option]], or let [refit] fit the vol"
        raise study.error(f"{where}.kind", "quadratic_impact needs a vol, and none is known", advice)


def _check_exact(study: Study, where: str, line: ExactLine) -> None:
    check_positive("risk_aversion", line.risk_aversion, "per unit of the money in which P&L is counted")
    check_cost("proportional_cost", line.proportional_cost, most=1.0)
    check_cost("fixed_cost", line.fixed_cost, most=RICHEST)
    if line.steps is not None and not 1 <= line.steps <= _MOST_DATES:
        raise study.error(f"{where}.steps", f"is {line.steps:,}", f"give 1 to {_MOST_DATES:,} dates")
    if line.vol is not None and not 1e-3 <= line.vol <= 10.0:
        raise study.error(f"{where}.vol", f"is {line.vol:g}", "vols are fractions from 0.001: 0.65 is 65 %")
    if not (study.option or study.liquidity):
        raise study.error(f"{where}.kind", "exact has nothing to hedge", "add an [[option]] or [[liquidity]]")
    if line.vol is None and not study.option:
        raise study.error(f"{where}.vol", "is missing, and liquidity has none of its own", "state the vol of the coin")
