"""What a file may say, in the words of TOML."""

from typing import Literal

import msgspec
import pytest

from hedgerow.core.toml_words import in_toml_words, keys_at, nearest, values_at


class Long(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="long"):
    size: float
    word: Literal["yes", "no"] = "yes"


class Short(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="short"):
    depth: float


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    leg: tuple[Long | Short, ...]
    best: Long | None = None


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
        ("Invalid value 3", "x", "Invalid value 3", "correct the value"),
    ],
)
def test_types_are_told_without_jargon(problem: str, key: str, told: str, advice: str) -> None:
    said, how = in_toml_words(problem, key)
    assert said == told
    assert how.startswith(advice)


def test_keys_and_words_are_those_of_the_place() -> None:
    raw = {"leg": [{"kind": "short"}, {"kind": "long"}, {}], "best": {"kind": "long"}}
    assert keys_at(Whole, raw, "") == ["leg", "best"]
    assert keys_at(Whole, raw, "leg[0]") == ["depth"]
    assert keys_at(Whole, raw, "leg[1]") == ["size", "word"]
    assert sorted(keys_at(Whole, raw, "leg[2]")) == ["depth", "size", "word"]
    assert keys_at(Whole, raw, "leg[7].nothing") == []
    assert sorted(values_at(Whole, raw, "best.word")) == ["no", "yes"]
    assert values_at(Whole, raw, "leg[0].word") == []


def test_only_near_names_are_asked_for() -> None:
    assert nearest("quantty", ["strike", "quantity"]) == ": quantity?"
    assert nearest("zzz", ["strike", "quantity"]) == ""
