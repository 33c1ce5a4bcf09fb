"""Reading a study file, with the rules that need no data."""

from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from hedgerow.config.policy_lines import ExactLine, GasAwareLine, LelandLine, QuadraticImpactLine, ZakamoulineLine
from hedgerow.config.study import Study
from hedgerow.config.study_kinds import check_command
from hedgerow.config.study_tables import InstrumentLine, OptionLine, PolicyLine, PoolLine, QuotedLine
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.instants import DAY_NS
from hedgerow.core.toml_file import LARGEST, line_of, numbers_in, read_text, read_toml
from hedgerow.core.toml_words import nearest
from hedgerow.policy import LelandConstant
from hedgerow.policy.checks import check_cost, check_positive

_LONGEST_S: Final = 1e9
_MOST: Final = 1e9
_RICHEST: Final = 1e12
_MOST_DATES: Final = 2_000
_WORDS: Final = {"bad_rows": "refuse or skip", "constant": " or ".join(get_args(LelandConstant))}
"""What else a key can say, by key."""


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
        _check_instrument(study, i, line)
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
        if key in _WORDS and problem.startswith("Invalid enum value"):
            raise ConfigError(str(path), error.field, problem, f"write {_WORDS[key]}", error.line) from None
        lines = {"kind": PolicyLine, "venue": InstrumentLine}.get(key)
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
    if study.data.price is None and study.data.pool is None:
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
    "hedge.delta": (-_MOST, _MOST),
    "hedge.order_timeout_s": (1e-3, 1e7),
    "hedge.retry_s": (1e-3, 1e7),
    "hedge.max_quote_age_s": (1e-3, _LONGEST_S),
    "latency.data_ms": (0.0, 1e7),
    "latency.orders_ms": (0.0, 1e7),
    "latency.reports_ms": (0.0, 1e7),
    "latency.jitter_ms": (0.0, 1e6),
    "faults.lose_orders": (0.0, 0.9),
    "faults.lose_reports": (0.0, 0.9),
    "faults.double_reports": (0.0, 1.0),
    "faults.late": (0.0, 1.0),
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
    if study.latency.data_ms * 1e-3 >= study.hedge.max_quote_age_s:
        raise study.error("hedge.max_quote_age_s", "is shorter than data travel", "give quotes longer")
    if study.seed < 0:
        raise study.error("seed", f"is {study.seed}", "give a number that is not negative")
    _check_lists(study)


def _check_lists(study: Study) -> None:
    for i, account in enumerate(study.account):
        for currency, amount in account.balances.items():
            if not abs(amount) <= _RICHEST:
                advice = f"give at most {_RICHEST:g}: cents would be lost beyond"
                raise study.error(f"account[{i}].balances.{currency}", f"is {amount:g}", advice)
            if currency not in ("USD", study.base, *study.rates):
                problem = f"{currency} has no USD rate"
                raise study.error(f"account[{i}].balances.{currency}", problem, f"state it: [rates] {currency} = 1.0")
    names = [line.name for line in study.account]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise study.error(f"account[{i}].name", f"names {name} twice", "keep one of them")
    for i, option in enumerate(study.option):
        _check_option(study, i, option)
    if not study.instrument:
        raise study.error("instrument", "is empty", "name what may be traded")
    if not study.policy:
        raise study.error("policy", "is empty", "name at least one policy")


def _check_option(study: Study, i: int, option: OptionLine) -> None:
    if not 1e-3 <= option.vol <= 10.0:
        raise study.error(f"option[{i}].vol", f"is {option.vol:g}", "vols are fractions from 0.001: 0.65 is 65 %")
    if not abs(option.quantity) <= _MOST:
        raise study.error(f"option[{i}].quantity", f"is {option.quantity:g}", f"give at most {_MOST:g} contracts")


def _check_instrument(study: Study, i: int, line: InstrumentLine) -> None:
    where = f"instrument[{i}]"
    if line.account not in [account.name for account in study.account]:
        raise study.error(f"{where}.account", f"no account is called {line.account!r}", "add an [[account]]")
    if [other.name for other in study.instrument].index(line.name) != i:
        raise study.error(f"{where}.name", f"names {line.name} twice", "keep one of them")
    if not 1.0 / _MOST <= line.lot <= _MOST:
        raise study.error(f"{where}.lot", f"is {line.lot:g}", f"give contracts from {1.0 / _MOST:g} to {_MOST:g}")
    fractions = ("half_spread", "taker_fee") if isinstance(line, QuotedLine) else ("max_slippage",)
    for key in fractions:
        if not 0.0 <= getattr(line, key) < 1.0:
            problem = f"is {getattr(line, key):g}"
            raise study.error(f"{where}.{key}", problem, "it is a fraction: write 0.0005 for 0.05 %")
    if isinstance(line, QuotedLine) and line.displayed and line.displayed < line.lot:
        raise study.error(f"{where}.displayed", f"is {line.displayed:g}", "give at least one lot, zero for any size")
    if isinstance(line, PoolLine):
        _check_chain(study, where, line)
    elif (study.latency.orders_ms + study.latency.jitter_ms) * 1e-3 >= study.hedge.order_timeout_s:
        raise study.error("hedge.order_timeout_s", "is shorter than orders travel", "give them longer")


def _check_chain(study: Study, where: str, line: PoolLine) -> None:
    if study.data.pool is None:
        raise study.error(f"{where}.venue", "there is no pool to swap in", "name [data.pool]")
    if study.data.gas is None and study.data.gas_gwei is None:
        raise study.error(f"{where}.venue", "the price of gas is not known", "name [data.gas], or state gas_gwei")
    if not 1e-3 <= line.block_s <= 1e6:
        raise study.error(f"{where}.block_s", f"is {line.block_s:g}", "give seconds from 0.001 to 1e6")
    if not 0 <= line.gas_units <= 10**9:
        raise study.error(f"{where}.gas_units", f"is {line.gas_units}", "give the gas of one swap, for example 107000")
    travel = (study.latency.orders_ms + study.latency.jitter_ms) * 1e-3 + line.block_s
    if travel >= study.hedge.order_timeout_s:
        raise study.error("hedge.order_timeout_s", "is shorter than the way into a block", "give orders longer")


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
    traded = next((item for item in study.instrument if item.name == line.instrument), study.instrument[0])
    if isinstance(line, GasAwareLine) and line.fixed_cost is None and isinstance(traded, QuotedLine):
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
    check_cost("fixed_cost", line.fixed_cost, most=_RICHEST)
    if line.steps is not None and not 1 <= line.steps <= _MOST_DATES:
        raise study.error(f"{where}.steps", f"is {line.steps:,}", f"give 1 to {_MOST_DATES:,} dates")
    if line.vol is not None and not 1e-3 <= line.vol <= 10.0:
        raise study.error(f"{where}.vol", f"is {line.vol:g}", "vols are fractions from 0.001: 0.65 is 65 %")
    if not (study.option or study.liquidity):
        raise study.error(f"{where}.kind", "exact has nothing to hedge", "add an [[option]] or [[liquidity]]")
    if line.vol is None and not study.option:
        raise study.error(f"{where}.vol", "is missing, and liquidity has none of its own", "state the vol of the coin")
