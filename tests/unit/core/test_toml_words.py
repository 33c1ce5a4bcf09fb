"""What a file may say, in the words of TOML."""

import datetime as dt
import tomllib
from enum import StrEnum
from typing import Literal

import msgspec
import pytest

from hedgerow.core.toml_words import in_toml_words, keys_at, nearest, value_at, values_at, written_key


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class Long(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="long"):
    size: float
    word: Literal["yes", "no"] = "yes"


class Short(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="short"):
    depth: float


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    leg: tuple[Long | Short, ...]
    best: Long | None = None
    side: Side = Side.BUY


@pytest.mark.parametrize(
    ("problem", "key", "told", "advice"),
    [
        (
            "Expected `int`, got `float`",
            "paths",
            "Expected a whole number, got one with a point or an exponent",
            "write a whole number, for example 1_000_000",
        ),
        ("Expected `float | null`, got `str`", "x", "Expected a number, got text", "write a number without quotes"),
        ("Expected `str`, got `int`", "x", "Expected text, got a whole number", "write it in quotes"),
        (
            "Expected `object | null`, got `array`",
            "option",
            "Expected a table, got a list",
            "write [option], in single",
        ),
        ("Expected `array`, got `object`", "policy", "Expected a list, got a table", "write [[policy]], in double"),
        ("Expected `object`, got `float`", "limits", "Expected a table, got a number", "write a table: limits = {"),
        ("Invalid value 3", "x", "Invalid value 3", "correct the value"),
    ],
)
def test_types_are_told_without_jargon(problem: str, key: str, told: str, advice: str) -> None:
    said, how = in_toml_words(problem, key)
    assert said == told
    assert how.startswith(advice)


def test_keys_and_words_are_those_of_the_place() -> None:
    raw = {"leg": [{"kind": "short"}, {"kind": "long"}, {}], "best": {"kind": "long"}}
    assert keys_at(Whole, raw, "") == ["leg", "best", "side"]
    assert keys_at(Whole, raw, "leg[0]") == ["depth"]
    assert keys_at(Whole, raw, "leg[1]") == ["size", "word"]
    assert sorted(keys_at(Whole, raw, "leg[2]")) == ["depth", "size", "word"]
    assert keys_at(Whole, raw, "leg[7].nothing") == []
    assert sorted(values_at(Whole, raw, "best.word")) == ["no", "yes"]
    assert values_at(Whole, raw, "leg[0].word") == []
    assert values_at(Whole, raw, "side") == ["buy", "sell"]
    assert value_at(Whole, raw, "leg[0].kind") == "short"
    assert value_at(Whole, raw, "leg[7].kind") is None


def test_a_bare_date_is_written_back_with_its_hour() -> None:
    held = tomllib.loads("at = 2024-01-01")["at"]
    told = in_toml_words("Expected `datetime`, got `date`", "at", held)
    assert told == ("Expected a time, got a date", "write it with its hour: 2024-01-01T00:00:00Z")
    written = tomllib.loads(f"at = {told[1].rpartition(' ')[2]}")["at"]
    assert written == dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize("name", ["main", "a-b_1", "my account", 'a"b', "é", "a.b", ""])
def test_a_name_becomes_a_key_that_is_read_as_it(name: str) -> None:
    assert tomllib.loads(f"{written_key(name)} = 1") == {name: 1}


def test_only_near_names_are_asked_for() -> None:
    assert nearest("quantty", ["strike", "quantity"]) == ": quantity?"
    assert nearest("zzz", ["strike", "quantity"]) == ""
