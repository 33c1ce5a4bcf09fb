"""``hedgerow venue show``: tables of a venue as text and as JSON."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hedgerow.cli.main import app
from hedgerow.core.errors import InputError
from hedgerow.report.render_venue import venue_dict
from hedgerow.venue_rules import VENUES, latest_rules

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
    told = json.loads(run(venue, "--json"))
    assert told == json.loads(json.dumps(venue_dict(rules)))
    for field in rules.tables.__struct_fields__[1:]:
        assert [line["source"] for line in told[field]] == [line.source for line in getattr(rules.tables, field)]


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


def test_the_venues_own_list(tmp_path: Path) -> None:
    import gzip

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
