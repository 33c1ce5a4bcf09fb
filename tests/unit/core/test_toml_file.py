"""TOML files become frozen types; what is wrong is named with its line."""

from pathlib import Path

import msgspec
import pytest

from hedgerow.core.errors import ConfigError
from hedgerow.core.toml_file import line_of, read_text, read_toml


class Leg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of an array."""

    size: float
    held: dict[str, dict[str, float]] = {}


class Trade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole file."""

    name: str
    leg: tuple[Leg, ...] = ()
    limits: dict[str, float] = {}


def write(folder: Path, text: str) -> Path:
    path = folder / "trade.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_becomes_its_type(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "é"\n[[leg]]\nsize = 1\n[[leg]]\nsize = -2.5\n')
    assert read_toml(path, Trade) == Trade(name="é", leg=(Leg(size=1.0), Leg(size=-2.5)))


def test_a_key_that_a_table_has_swallowed_belongs_to_the_top(tmp_path: Path) -> None:
    path = write(tmp_path, "name = 'x'\n[[leg]]\nsize = 1\nlimits = { A = 1.0 }\n")
    with pytest.raises(
        ConfigError, match=r":4: leg\[0\]\.limits: unknown key; it belongs to the top of the file, above"
    ):
        read_toml(path, Trade)


@pytest.mark.parametrize(
    ("text", "line", "field", "problem"),
    [
        ("name = 'x'\nsiez = 1\n", 2, "siez", "unknown key"),
        ("name = 'x'\n[[leg]]\nsize = 1\n[[leg]]\nsiez = 1\nsize = 1\n", 5, "leg[1].siez", "unknown key"),
        ("name = 'x'\n[[leg]]\nsize = 1\n[[leg]]\n", 4, "leg[1].size", "required key is missing"),
        ("name = 'x'\n\n[[leg]]\nsize = 'big'\n", 4, "leg[0].size", "Expected a number, got text"),
        ("name = 5\n", 1, "name", "Expected text, got a whole number"),
        ("name = 'x'\n[limits]\nA = 1\nB = 'big'\n", 4, "limits.B", "Expected a number, got text"),
        ("[[leg]]\nsize = 1\n", None, "name", "required key is missing"),
        ("name = 'x'\n[[leg]]\nsize = 1\nheld = { A = 1.0 }\n", 4, "leg[0].held.A", "Expected a table, got a number"),
        (
            "name = 'x'\n[[leg]]\nsize = 1\n[leg.held]\nA = { X = 1.0 }\nB = { X = 1.0, Y = 'big' }\n",
            6,
            "leg[0].held.B.Y",
            "Expected a number, got text",
        ),
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, text: str, line: int | None, field: str, problem: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_toml(path, Trade)
    error = caught.value
    assert (error.file, error.line, error.field) == (str(path), line, field)
    assert problem in error.problem
    assert error.advice


def test_a_broken_file_says_where(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"not valid TOML: .*line 2"):
        read_toml(write(tmp_path, "name = 'x'\nlimits ]\n"), Trade)


def test_a_missing_file_a_folder_and_a_binary_file_are_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    for path, problem in [(tmp_path / "none", "no such file"), (tmp_path, "is a folder"), (binary, "cannot be read")]:
        with pytest.raises(ConfigError, match=problem) as caught:
            read_text(path)
        assert caught.value.file == str(path)
        assert caught.value.advice


FILE = """\
name = "desk"   # position = 1
[[position]]
instrument = "A"
quantity = 1

[[position]]
instrument = "B"
# quantity = 3
quantity = 2

[hedge]
instruments = []
aversion = 1
[hedge.neutral]
delta = 0
vega = [-1, 1]
[hedge.limits]
"ETH-26JAN24-2300-C" = 5
'ETH-26JAN24-2200-P' = 6

[balances]
delta = 7

[risk]
rates = { USDC = 1 }
"""


@pytest.mark.parametrize(
    ("field", "start"),
    [
        ("name", "name"),
        ("position[0].quantity", "quantity = 1"),
        ("position[1].quantity", "quantity = 2"),
        ("position[1].instrument", 'instrument = "B"'),
        ("hedge.aversion", "aversion"),
        ("hedge.instruments", "instruments"),
        ("hedge.instruments[3]", "instruments"),
        ("hedge.neutral.delta", "delta = 0"),
        ("hedge.neutral.vega", "vega"),
        ("hedge.neutral.vega[0]", "vega"),
        ("hedge.limits.ETH-26JAN24-2300-C", '"ETH'),
        ("hedge.limits.ETH-26JAN24-2200-P", "'ETH"),
        ("balances.delta", "delta = 7"),
        # A key that is not there: its table.
        ("position[0].lot", "[[position]]"),
        ("hedge.neutral.gamma", "[hedge.neutral]"),
        ("hedge", "[hedge]"),
        ("risk", "[risk]"),
        # A key inside a line: that line.
        ("risk.rates.USDC", "rates"),
    ],
)
def test_line_of_finds_the_key_or_its_table(field: str, start: str) -> None:
    wanted = next(number for number, line in enumerate(FILE.splitlines(), 1) if line.startswith(start))
    assert line_of(FILE, field) == wanted


@pytest.mark.parametrize("field", ["", "colour", "paint[2].colour"])
def test_line_of_knows_nothing_of_what_is_not_there(field: str) -> None:
    assert line_of(FILE, field) is None


NESTED = """
[[contract]]
instrument = "A"

[[contract.venue]]
name = "first of A"

[[contract.venue]]
name = "second of A"

[[contract]]
instrument = "B"

[[contract.venue]]
name = "first of B"

[contract.terms]
lot = 5
"""


@pytest.mark.parametrize(
    ("field", "start"),
    [
        ("contract[0].venue[0].name", 'name = "first of A"'),
        ("contract[0].venue[1].name", 'name = "second of A"'),
        ("contract[1].venue[0].name", 'name = "first of B"'),
        ("contract[1].terms.lot", "lot = 5"),
        ("contract[1].venue[7].name", '[[contract]]\ninstrument = "B"'),
    ],
)
def test_line_of_finds_tables_inside_arrays_of_tables(field: str, start: str) -> None:
    assert line_of(NESTED, field) == NESTED[: NESTED.index(start)].count("\n") + 1
