"""Errors tell people what to do next, and machines what went wrong."""

import pickle

import pytest

from hedgerow.core.errors import (
    ConfigError,
    DataFault,
    HedgerowError,
    InputError,
    InvariantBroken,
    MarketDataError,
    NumeraireError,
    SolveError,
    SolveFault,
)

EVERY_ERROR = [
    HedgerowError("a problem", "an advice"),
    InputError("a problem", "an advice"),
    NumeraireError("a problem", "an advice"),
    ConfigError("desk.toml", "hedge.limits", "a problem", "an advice", 7),
    MarketDataError("ETH-PERPETUAL", DataFault.MISSING, "a problem", "an advice"),
    SolveError(SolveFault.INFEASIBLE, "a problem", "an advice"),
    InvariantBroken("a problem", "an advice"),
]


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_every_error_is_one_of_ours_and_ends_in_its_advice(error: HedgerowError) -> None:
    assert isinstance(error, HedgerowError)
    assert str(error).endswith("a problem; an advice")
    assert error.problem.endswith("a problem")
    assert error.advice == "an advice"


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_an_error_survives_the_way_between_processes(error: HedgerowError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_only_a_wrong_call_is_a_value_error() -> None:
    wrong_calls = {type(error).__name__ for error in EVERY_ERROR if isinstance(error, ValueError)}
    assert wrong_calls == {"InputError", "NumeraireError"}


@pytest.mark.parametrize(
    ("field", "line", "text"),
    [
        ("hedge.limits", 7, "desk.toml:7: hedge.limits: is -1; mend it"),
        ("hedge.limits", None, "desk.toml: hedge.limits: is -1; mend it"),
        ("", None, "desk.toml: is -1; mend it"),
        ("", 1, "desk.toml:1: is -1; mend it"),
    ],
)
def test_a_config_error_points_into_the_file(field: str, line: int | None, text: str) -> None:
    error = ConfigError("desk.toml", field, "is -1", "mend it", line)
    assert str(error) == text
    assert (error.file, error.field, error.line) == ("desk.toml", field, line)


def test_market_and_solve_errors_carry_a_reason_for_machines() -> None:
    missing = MarketDataError("ETH-PERPETUAL", DataFault.CROSSED, "is crossed")
    assert str(missing) == "ETH-PERPETUAL: is crossed"
    assert (missing.name, missing.fault) == ("ETH-PERPETUAL", DataFault.CROSSED)
    assert SolveError(SolveFault.NOT_CONVERGED, "no answer").fault is SolveFault.NOT_CONVERGED
