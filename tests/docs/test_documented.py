"""Nothing that a user meets is undocumented: commands, options, keys, JSON, libraries, functions."""

import ast
import dataclasses
import json
import re
import textwrap
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import hedgerow as hr
from hedgerow import events
from hedgerow.backtesting import load
from hedgerow.cli.main import app
from hedgerow.cli.replaying import show_replays
from hedgerow.config import AccountTerms, Desk, Measure, ScenarioTerms, SimulationStudy, Study
from hedgerow.config.desk import PositionLine
from hedgerow.config.simulation_models import GbmLine
from hedgerow.config.simulation_policies import ENGINE_ONLY, POLICY_KINDS
from hedgerow.config.simulation_tables import PublishedLine, SimulationLine, SoldOption, TradingRules
from hedgerow.journal import Divergence, TornTail
from hedgerow.market import Snapshot, deribit_chain, manifest, save, uniswap_hours
from hedgerow.market.series import RowFault
from hedgerow.pricing import DeltaConvention
from hedgerow.report.units import TARGETS
from margin_studies import margin_study

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src" / "hedgerow"
TOP_LEVEL = "Top level"


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def _codes(text: str) -> set[str]:
    """Return every word that stands in `backticks`."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


def _first_column(text: str) -> set[str]:
    """Return every word in `backticks` with which a row of a table begins."""
    return set(re.findall(r"^\| `([^`]+)`", text, flags=re.MULTILINE))


def _section(text: str, title: str) -> str:
    """Return the text below the heading that names a table, up to the next heading."""
    parts = re.split(r"^(#+ .*)$", text, flags=re.MULTILINE)
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        if f"`{title}`" in heading or heading.lstrip("# ") == title:
            return body
    pytest.fail(f"no heading names {title}")


# Commands and options.


def _commands() -> dict[str, list[str]]:
    """Return the long options of every command; the program itself goes under the empty name."""
    program: Any = app
    found = {"": _options(program)}
    for name, command in program.commands.items():
        inner = getattr(command, "commands", {})
        found[name] = [*_options(command), *(option for one in inner.values() for option in _options(one))]
        found |= {f"{name} {word}": _options(one) for word, one in inner.items()}
    return found


def _options(command: Any) -> list[str]:
    names = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    return [*names, "--help"]


@pytest.mark.parametrize("command", _commands())
def test_commands_and_options_are_in_the_tour(command: str) -> None:
    codes = _codes(_section(_page("tour.md"), "Every command and option"))
    if command:
        start = ["hedgerow", *command.split()]
        assert any(code.split()[: len(start)] == start for code in codes), f"hedgerow {command} is missing"
    words = {word for code in codes for word in code.split()}
    missing = [option for option in _commands()[command] if option not in words]
    assert not missing


def test_environment_variables_are_in_the_architecture() -> None:
    used = {name for path in SOURCES.rglob("*.py") for name in re.findall(r"HEDGEROW_[A-Z_]+", path.read_text("utf-8"))}
    assert used <= _codes(_page("architecture.md"))


def test_every_module_is_on_the_map() -> None:
    # A module stands in the table of its floor, with its room in front where rooms share the floor.
    parts = re.split(r"^(#+ .*)$", _page("architecture.md"), flags=re.MULTILINE)
    named = set()
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        rooms = re.findall(r"`(\w+)`", heading) if re.match(r"### \d", heading) else []
        if rooms:
            named |= {word if len(rooms) > 1 else f"{rooms[0]}/{word}" for word in _first_column(body)}
    modules = {path.relative_to(SOURCES) for path in SOURCES.rglob("*.py") if path.name != "__init__.py"}
    real = {path.with_suffix("").as_posix() for path in modules}
    assert real - named == set()
    assert named - real == set(), "the map names modules that do not exist"


# Keys of files.


def _keys(struct: Any, table: str = "") -> Iterator[tuple[str, str]]:
    """Walk a msgspec struct and yield (table, key) of every key, tables of tables included."""
    hints = typing.get_type_hints(struct)
    if struct.__struct_config__.tag_field:
        yield table, struct.__struct_config__.tag_field
    for field in msgspec.structs.fields(struct):
        path = f"{table}.{field.encode_name}" if table else field.encode_name
        inner = [kind for kind in _types(hints[field.name]) if isinstance(kind, type)]
        nested = [kind for kind in inner if issubclass(kind, msgspec.Struct)]
        if nested:
            opener = f"[[{path}]]" if tuple in inner else f"[{path}]"
            for kind in nested:
                yield from _keys(kind, path)
            yield opener, ""
        elif dict in inner:
            yield f"[[{path}]]" if inner[0] is tuple else f"[{path}]", ""
        else:
            yield table, field.encode_name


def _types(hint: Any) -> Iterator[Any]:
    yield typing.get_origin(hint) or hint
    for argument in typing.get_args(hint):
        yield from _types(argument)


def _undocumented(struct: Any, text: str) -> list[str]:
    titles = {opener.strip("[]"): opener for opener, key in _keys(struct) if not key}
    missing = []
    for table, key in _keys(struct):
        section = _section(text, titles.get(table, table) if table else TOP_LEVEL)
        if key and key not in _first_column(section):
            missing.append(f"{table}.{key}")
    return missing


def test_every_key_of_the_desk_file_is_documented() -> None:
    assert not _undocumented(Desk, _page("desk-file.md"))


def test_every_key_of_the_study_file_is_documented() -> None:
    assert not _undocumented(Study, _page("study-file.md"))


def test_every_key_of_a_study_on_simulated_paths_is_documented() -> None:
    page = _page("simulate.md")
    assert not [key for key in _undocumented(SimulationStudy, page) if key != ".file"]
    lacks = page.replace("| `antithetic` |", "| `mirrored` |")
    assert "simulation.antithetic" in _undocumented(SimulationStudy, lacks)


def test_every_policy_of_a_study_on_simulated_paths_is_documented_with_its_keys() -> None:
    rows = re.findall(r'^\| `"(\w+)"` \|([^|]*)\|', _section(_page("simulate.md"), "[[policy]]"), flags=re.MULTILINE)
    written = {kind: _codes(keys) for kind, keys in rows}
    real = {
        kind: {field.encode_name for field in msgspec.structs.fields(struct)} - set(ENGINE_ONLY)
        for kind, struct in POLICY_KINDS.items()
    }
    assert written == real


def test_every_kind_of_model_and_position_is_documented() -> None:
    kinds = {(table, tag) for table, tag in _tags(SimulationStudy)}
    assert {table for table, _ in kinds} == {"model", "position"}
    page = _page("simulate.md")
    titles = {"model": "[model]", "position": "[[position]]"}
    assert not [tag for table, tag in kinds if f'"{tag}"' not in _codes(_section(page, titles[table]))]


def test_a_key_that_a_page_lacks_is_missed() -> None:
    page = _page("study-file.md")
    for table, key in (("", "seed"), ("data", "max_gap_s"), ("instrument", "gas_units"), ("policy", "kind")):
        lines = [line for line in page.splitlines() if not line.startswith(f"| `{key}` |")]
        assert f"{table}.{key}" in _undocumented(Study, "\n".join(lines))


def _tags(struct: Any) -> Iterator[tuple[str, str]]:
    """Walk a msgspec struct and yield (table, tag) of every kind that a table can be of."""
    hints = typing.get_type_hints(struct)
    for field in msgspec.structs.fields(struct):
        for kind in _types(hints[field.name]):
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                if kind.__struct_config__.tag_field:
                    yield field.encode_name, str(kind.__struct_config__.tag)
                yield from _tags(kind)


def test_every_kind_of_a_studys_tables_is_documented() -> None:
    kinds = set(_tags(Study))
    delays = {"data", "orders", "reports"}
    assert {table for table, _ in kinds} == {"instrument", "policy"} | delays
    page = _page("study-file.md")
    title = {table: f"[latency.{table}]" if table in delays else f"[[{table}]]" for table, _ in kinds}
    missing = [tag for table, tag in kinds if f'"{tag}"' not in _codes(_section(page, title[table]))]
    assert not missing


def test_every_column_and_fault_of_recorded_files_is_documented() -> None:
    page = _page("study-file.md")
    assert set(load._POOL_COLUMNS) <= _codes(_section(page, "Pool"))
    assert {fault.value for fault in RowFault} <= _codes(_section(page, "Bad rows"))


def test_every_event_and_command_is_in_the_engine_page() -> None:
    for title, union in (("Events", events.Event), ("Commands", events.Command)):
        rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", _section(_page("engine.md"), title), flags=re.MULTILINE)
        real = {(kind.__name__, str(kind.__struct_config__.tag)) for kind in typing.get_args(union)}
        assert set(rows) == real


def test_every_greek_that_can_be_held_is_documented() -> None:
    assert set(TARGETS) <= _codes(_section(_page("desk-file.md"), "[hedge.neutral]"))
    assert {f"`{name}`" in _page("nomenclature.md") for name in TARGETS} == {True}


def test_every_risk_parameter_is_in_the_risk_model() -> None:
    names = {key for table, key in _keys(Desk) if table == "risk" and key}
    assert names
    assert names <= _codes(_page("risk-model.md"))


def test_every_key_of_a_snapshot_is_documented() -> None:
    assert not _undocumented(manifest.Manifest, _page("snapshot-format.md"))


def test_every_column_of_a_snapshot_is_documented(tmp_path: Path, market: Snapshot) -> None:
    import pyarrow.parquet as pq

    saved = pq.read_schema(hr.save_snapshot(market, tmp_path / "saved") / save._QUOTES_FILE).names
    read = (*deribit_chain._NUMBERS, *deribit_chain._TEXTS, *uniswap_hours._NUMBERS)
    assert {*saved, *read} <= _codes(_page("snapshot-format.md"))


# JSON.


def _paths(node: Any, path: str = "") -> Iterator[str]:
    """Walk the ticket: keys by dotted path, items of a list as [], names that are keys in angle brackets."""
    names = {convention.value: "<convention>" for convention in DeltaConvention}
    if isinstance(node, dict):
        for key, value in node.items():
            name = "<instrument>" if path == "per_aversion.trades" else names.get(key, key)
            here = f"{path}.{'<pool>' if ':' in key else name}".lstrip(".")
            yield here
            yield from _paths(value, here)
    elif isinstance(node, list):
        for item in node:
            yield from _paths(item, f"{path}[]")


def test_the_json_ticket_and_its_page_agree(desk: Desk, market: Snapshot) -> None:
    unquoted = PositionLine(instrument="ETH-26JAN24-2075-C", quantity=1.0)
    desk = msgspec.structs.replace(desk, position=(*desk.position, unquoted))
    real = set(_paths(hr.hedge(desk, market, frontier=2).to_dict()))
    # What is there only when it is asked for.
    scenarios = ScenarioTerms(measure=Measure.WORST, weight=0.1)
    short = desk.hedge.instruments[:1]
    hedge = msgspec.structs.replace(desk.hedge, scenarios=scenarios, neutral={}, instruments=short, limits={})
    asked = hr.hedge(msgspec.structs.replace(desk, hedge=hedge), market, next_best=1)
    assert asked.next_best
    real |= set(_paths(asked.to_dict()))
    account = AccountTerms(name="a", instruments=short, rule="deribit_standard", balances={"ETH": 10.0})
    margined = msgspec.structs.replace(hedge, scenarios=None, liquidation_cost=0.02)
    with_account = msgspec.structs.replace(desk, hedge=margined, account=(account,))
    real |= set(_paths(hr.hedge(with_account, market).to_dict()))
    rows = _first_column(_page("ticket-json.md"))
    assert real - rows == set()
    assert rows - real == set(), "the page names keys that do not exist"


def test_the_json_simulation_and_its_page_agree() -> None:
    study = SimulationStudy(
        model=GbmLine(sigma=0.4),
        option=SoldOption(expiry_days=2.0),
        hedge=TradingRules(steps=2, proportional_cost=0.001),
        simulation=SimulationLine(paths=200),
        policy=({"kind": "exact", "risk_aversion": 1.0}, {"kind": "optimal"}),
        published=(PublishedLine(policy="exact", figure="std", value=1.0, within=1.0),),
    )
    # The name of the table is also that of a delta convention, which a ticket has as a key.
    real = {path.replace("<convention>", "model") for path in _paths(hr.simulate(study).to_dict())}
    rows = _first_column(_page("simulate-json.md"))
    assert real - rows == set()
    assert {row for row in rows if not row.startswith(("frontier", "returns."))} - real == set()


def _rows_of(title: str) -> set[str]:
    """Return the keys that the tables of one part of the page of backtests name."""
    part = re.split(r"^## (.*)$", _page("backtest-json.md"), flags=re.MULTILINE)
    return _first_column(part[part.index(title) + 1])


@pytest.fixture(scope="module")
def study() -> Study:
    """Two policies of the example through a day and a minute, with a hole in the pool between them."""
    full = hr.load_study(hr.example("lp-2023-08-13") / "study.toml")
    end = full.start.replace(day=14, hour=1)
    return msgspec.structs.replace(full, policy=full.policy[:2], end=end)


def test_the_json_backtest_and_its_page_agree(study: Study) -> None:
    on_margin = margin_study("hedged at 10x")
    found = {*_paths(hr.backtest(study).to_dict()), *_paths(hr.backtest(on_margin).to_dict())}
    by_name = re.compile(r"policies\[\]\.(reject_reasons|alert_texts|accounts\[\]\.(start|balances|positions|flows))\.")
    real, named = {path for path in found if not by_name.match(path)}, _rows_of("The backtest")
    assert real - named == set()
    assert named - real == set(), "the page names keys that do not exist"


def test_the_json_replay_and_its_page_agree(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hr.backtest(study, journal=tmp_path / "journal")
    whole = hr.replay(tmp_path / "journal" / "01-band-2-eth")
    traded = whole.trades[0]
    torn = TornTail(file=tmp_path, offset=8, lost_bytes=1, good_records=0)
    differs = Divergence(record=1, recorded=traded, replayed=None)
    capsys.readouterr()
    show_replays([whole, dataclasses.replace(whole, divergence=differs, torn=torn)], as_json=True)
    printed = json.loads(capsys.readouterr().out)
    decision = printed["journals"][1]["divergence"].pop("recorded")
    printed["journals"][1]["divergence"]["recorded"] = None
    decision["commands"] = []  # their keys are those of the commands
    real = {*_paths(printed), *_paths(decision)}
    named = _rows_of("The replay")
    assert real - named == set()
    assert named - real == set(), "the page names keys that do not exist"


# Libraries.


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(line for more in project["optional-dependencies"].values() for line in more)]
    names = {re.split(r"[<>=!~ \[;]", line)[0] for line in wanted}
    assert names <= _codes(_page("dependencies.md"))


# Functions and classes.


def _modules() -> list[Path]:
    skipped = ("kernels.py",)
    return [
        path
        for path in sorted(SOURCES.rglob("*.py"))
        if not path.name.endswith(skipped) and (path.name == "__init__.py" or not path.name.startswith("_"))
    ]


def _public(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    for node in body:
        if (
            isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not _is_overload(node)
        ):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)


def _is_overload(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Tell whether a function only states types: the one that follows it is described."""
    return any(ast.unparse(mark) == "overload" for mark in node.decorator_list)


def _parts(node: ast.FunctionDef | ast.ClassDef) -> dict[str, str]:
    """Split a numpydoc docstring into its sections; the text above them goes under the empty name."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}$", ast.get_docstring(node) or "", flags=re.MULTILINE)
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


AS_THE_PORT = "As the port says"
"""So begins the docstring of a function that a port describes."""

_UNIT = r"\[[^\]]+\]"


def _complaint(node: ast.FunctionDef | ast.ClassDef) -> str | None:
    parts = _parts(node)
    if not parts[""].strip():
        return "has no docstring"
    if isinstance(node, ast.ClassDef):
        fields = [s.target.id for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
        named = set(re.findall(r"\w+", parts.get("Parameters", "")))
        missing = [name for name in fields if not name.startswith("_") and name not in named]
        return f"does not describe {', '.join(missing)}" if missing else None
    returned = ast.unparse(node.returns) if node.returns else "None"
    if returned in ("None", "NoReturn", "Iterator[None]") or parts[""].startswith(AS_THE_PORT):
        return None
    is_property = any(ast.unparse(mark).endswith("property") for mark in node.decorator_list)
    text = parts[""] if is_property else parts.get("Returns", "") or parts.get("Yields", "")
    if not text:
        return "has no Returns section"
    if not re.search(_UNIT, text):
        return "returns something without a [unit]"
    unitless = [name for name, kind, said in _entries(parts.get("Parameters", "")) if _numeric(kind) and not said]
    return f"gives no [unit] for {', '.join(unitless)}" if unitless else None


def _entries(text: str) -> list[tuple[str, str, bool]]:
    """Return name, type and whether a unit is given, for every entry of a numpydoc section."""
    found = re.split(r"^([\w, *]+) : (.*)$", textwrap.dedent(text), flags=re.MULTILINE)
    triples = zip(found[1::3], found[2::3], found[3::3], strict=True)
    return [(name, kind, re.search(_UNIT, body) is not None) for name, kind, body in triples]


def _numeric(kind: str) -> bool:
    return re.search(r"\b(float|int|Decimal|ndarray|array_like)\b", kind) is not None


LOOK_UPS = ("usd_rate", "as_dict")
FORMULA_ROOMS = ("book", "hedging", "pools", "pricing")


@pytest.mark.parametrize("room", FORMULA_ROOMS)
def test_every_formula_names_its_source(room: str) -> None:
    # A public function of these rooms that returns arrays or numbers computes a formula.
    missing = [
        f"{path.name}:{node.lineno}: {node.name}"
        for path in sorted((SOURCES / room).glob("*.py"))
        if path.stem != "kernels"
        for node in _public(ast.parse(path.read_text("utf-8")).body)
        if isinstance(node, ast.FunctionDef) and _is_formula(node) and "References" not in _parts(node)
    ]
    assert not missing, "\n".join(missing)


def _is_formula(node: ast.FunctionDef) -> bool:
    returned = ast.unparse(node.returns) if node.returns else ""
    is_property = any(ast.unparse(mark) == "property" for mark in node.decorator_list)
    return (
        not is_property
        and node.name not in LOOK_UPS
        and bool(re.search(r"Float64|\bfloat\b|Greeks|Exposure|Certificate|Solution", returned))
    )


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(SOURCES)))
def test_public_functions_state_what_they_return_and_its_unit(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    complaints = [
        f"{path.name}:{node.lineno}: {node.name} {why}" for node in _public(tree.body) if (why := _complaint(node))
    ]
    assert not complaints, "\n".join(complaints)
