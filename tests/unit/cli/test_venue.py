"""``hedgerow venue show``: tables of a venue as text and as JSON."""

import gzip
import inspect
import json
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from click.testing import CliRunner

import hedgerow.venue_rules
from hedgerow.cli.main import app
from hedgerow.core.errors import InputError
from hedgerow.venue_rules import VENUES, latest_rules
from hedgerow.venue_rules.files import VenueTables
from hedgerow.venue_rules.listing import Listed
from hedgerow.venue_rules.schedules import PriceStep
from hedgerow.venue_rules.tables import MarginTable, Shock, VolShocks

TABLES = Path(hedgerow.venue_rules.__file__).parent / "data"
LIST = Path(__file__).parents[2] / "data" / "deribit-list" / "instruments.json.gz"


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["venue", "show", *words], catch_exceptions=False, standalone_mode=False)
    return result.output


@pytest.mark.parametrize("venue", VENUES)
def test_every_venue_is_shown_with_every_source(venue: str) -> None:
    text = " ".join(run(venue).split())
    rules = latest_rules(venue)
    assert text.startswith(f"{rules.name} as of")
    for field in rules.tables.__struct_fields__[1:]:
        lines = getattr(rules.tables, field)
        days = {str(line.valid_from) for line in lines}
        assert all(day in text for day in days), (field, days)


def written(venue: str) -> dict[str, list[dict[str, Any]]]:
    """Return every line of a venue's files of tables, as they are written there."""
    found: dict[str, list[dict[str, Any]]] = {}
    for file in (TABLES / f"{venue}.toml", TABLES / "margin" / f"{venue}.toml"):
        for name, lines in tomllib.loads(file.read_text() if file.exists() else "", parse_float=Decimal).items():
            if name != "name":
                found.setdefault(name, []).extend(lines)
    return found


def same(shown: Any, stated: Any) -> bool:
    """Tell whether the JSON shows what a file states: nested tables by key, numbers exactly, days as text."""
    if isinstance(stated, dict):
        return all(key in shown and same(shown[key], value) for key, value in stated.items())
    if isinstance(stated, list):
        return len(shown) == len(stated) and all(map(same, shown, stated))
    if isinstance(stated, bool) or shown is None:
        return shown is stated
    if isinstance(stated, int | Decimal):
        return Decimal(shown) == stated
    return bool(shown == str(stated))


KINDS: dict[str, Any] = {str(kind.__struct_config__.tag): kind for kind in get_args(MarginTable)}
LINES: dict[str, Any] = {
    name: get_args(hint)[0] for name, hint in get_type_hints(VenueTables).items() if name not in ("name", "margin")
}


def kind_of(table: str, line: dict[str, Any]) -> Any:
    """Return what a line is read as."""
    return KINDS[line["rule"]] if table == "margin" else LINES[table]


@pytest.mark.parametrize("venue", VENUES)
def test_the_json_shows_the_figures_of_the_files(venue: str) -> None:
    told, files = json.loads(run(venue, "--json")), written(venue)
    assert files
    for table in ("fee", "delivery", "size", "limit", "funding", "settlement", "currency", "margin"):
        left = list(files.get(table, []))
        for shown in told[table]:
            (line,) = [line for line in left if same(shown, line)]
            left.remove(line)
            # What the file does not state has the value that its kind of line has then.
            defaults = {field.name: field.default for field in msgspec.structs.fields(kind_of(table, shown))}
            for key in {*shown} - {*line}:
                default = defaults[key]
                if isinstance(default, int | float | Decimal) and not isinstance(default, bool):
                    default = Decimal(str(default))
                assert (shown[key] in (None, "", []) and not default) or same(shown[key], default), key
        # What is not shown is over, or a later line replaces it.
        latest = max(str(line["valid_from"]) for line in told[table]) if told[table] else ""
        assert all(str(line["valid_from"]) < latest or "valid_until" in line for line in left), table


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Walk figures: what is a number, written as text or not."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value, path)
    elif not isinstance(node, bool) and re.fullmatch(r"-?\d+(\.\d+)?", str(node)):
        yield path


@pytest.mark.parametrize("venue", VENUES)
def test_every_figure_has_a_unit(venue: str, tmp_path: Path) -> None:
    more: tuple[str, ...] = ()
    if venue == "deribit":
        (tmp_path / "list.json").write_bytes(gzip.decompress(LIST.read_bytes()))
        more = ("--instruments", str(tmp_path / "list.json"))
    told = json.loads(run(venue, "--json", *more))
    for name, lines in told.items():
        for line in lines.values() if name == "listing" else lines if isinstance(lines, list) else ():
            units = told["units"][name][line["rule"]] if name == "margin" else told["units"][name]
            for path in leaves(line):
                if path[0] in ("name", "tier"):  # names, though some are digits
                    continue
                unit: Any = units
                for key in path:
                    unit = unit[key]
                assert isinstance(unit, str), path


def test_units_are_those_of_the_tables() -> None:
    """The docstrings of the tables say unit by unit what the figures are in."""
    units = json.loads(run("deribit", "--json"))["units"]
    nested = {"vols": VolShocks, "scenarios": Shock, "steps": PriceStep}
    kinds = [(units["margin"][tag], kind) for tag, kind in KINDS.items()]
    kinds += [(units[name], kind) for name, kind in LINES.items()]
    kinds += [(units["listing"], Listed)]
    kinds += [(told[key], nested[key]) for told, _ in list(kinds) for key in nested if key in told]
    assert len(kinds) > 15
    for told, kind in kinds:
        text = inspect.cleandoc(kind.__doc__ or "").partition("Parameters\n----------\n")[2]
        entries = re.findall(r"^(\w[\w, ]*) : .*\n((?:    .*\n?)+)", text, flags=re.MULTILINE)
        stated: dict[str, str] = {}
        for names, body in entries:
            found = [" ".join(unit.split()) for unit in re.findall(r"\[([^\]]+)\]", body)]
            own = names.split(", ")
            stated |= dict(zip(own, found if len(found) == len(own) else found[-1:] * len(own), strict=False))
        for key, unit in told.items():
            if isinstance(unit, str):
                said = stated[key].replace(" its ", " the ").replace("`", "")
                assert unit.startswith(said) or said.startswith(unit), (kind.__name__, key)


def test_years_have_four_digits() -> None:
    assert "as of 0001-01-01: nothing is on file" in run("deribit", "--at", "0001-01-01")
    assert json.loads(run("deribit", "--at", "0999-12-31", "--json"))["at"].startswith("0999-12-31T23:59:59")


def test_a_day_before_all_tables_shows_that_nothing_is_on_file() -> None:
    text = " ".join(run("hyperliquid", "--at", "2019-01-01").split())
    assert "not on file: trading fees, delivery fees" in text


def test_decimals_are_texts() -> None:
    told = json.loads(run("deribit", "--at", "2024-01-08", "--json"))
    assert told["at"].startswith("2024-01-08")
    perpetual = next(
        line for line in told["fee"] if line["bases"] == ["BTC", "ETH"] and "inverse perpetual" in line["kinds"]
    )
    assert perpetual["taker"] == "0.0005"


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("[]")
    with pytest.raises(InputError, match=r"--instruments .*bad\.json: .*; give it as the venue sent it"):
        run("deribit", "--instruments", str(tmp_path / "bad.json"))


def test_the_venues_own_list(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_bytes(gzip.decompress(LIST.read_bytes()))
    words = ("deribit", "--instruments", str(tmp_path / "list.json"))
    assert "16 contracts are overridden by the venue's own instrument list" in run(*words)
    listing = json.loads(run(*words, "--json"))["listing"]
    assert listing["BTC-PERPETUAL"]["taker"] == "0.0005"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("mtgox",), "no tables of a venue 'mtgox'"),
        (("okx", "--at", "8.1.2024"), "--at 8.1.2024; write the day as 2024-01-08"),
        (("deribit", "--instruments", "no-such-file"), "--instruments no-such-file: cannot be read"),
    ],
)
def test_bad_words_are_refused(words: tuple[str, ...], text: str) -> None:
    with pytest.raises(InputError, match=text):
        run(*words)
