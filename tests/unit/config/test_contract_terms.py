"""What the desk file states of costs: read as written, or refused on one line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hedgerow.config import load_desk
from hedgerow.core.errors import ConfigError

Edit = Callable[..., Path]

QUOTE = "bid = 2_222.50\nask = 2_222.60\n"
BOOK = "bids = [[2_222.5, 5e4], [2_222.0, 2e5]]\nasks = [[2_222.6, 80_000]]\n"
FEE = "taker_fee = 0.0005               # of the notional\n"
VENUE = '\n[[contract.venue]]\nname = "elsewhere"\ntaker_fee = 0.0004\n'


@pytest.fixture
def edit(example_folder: Path, tmp_path: Path) -> Edit:
    """Write the example desk with other terms of its contract and other keys of its hedge."""
    text = (example_folder / "desk.toml").read_text(encoding="utf-8")

    def write(*, quote: str = QUOTE, terms: str = "", hedge: str = "") -> Path:
        assert QUOTE in text
        assert FEE in text
        path = tmp_path / "desk.toml"
        with_terms = text.replace(QUOTE, quote).replace(FEE, FEE + terms)
        path.write_text(with_terms.replace("risk_aversion = 1e-4", hedge + "risk_aversion = 1e-4"), encoding="utf-8")
        return path

    return write


def test_everything_is_read_as_written(edit: Edit) -> None:
    terms = (
        "quadratic_impact = 1e-9\ndaily_volume = 5e8\nimpact_coefficient = 0.8\nfixed_cost = 0.002\n"
        "funding_rate = -0.0001\ninitial_margin = 0.05\n"
        + VENUE
        + "bid = 2_222.4\nask = 2_222.5\n"
        + VENUE.replace("elsewhere", "a third")
        + "bids = [[2222, 1]]\nasks = [[2223, 1]]\n"
    )
    desk = load_desk(edit(quote=BOOK, terms=terms, hedge="holding_hours = 72\ncost_of_capital = 0.08\n"))
    line = desk.contract[0]
    assert (line.bids, line.asks) == (((2222.5, 5e4), (2222.0, 2e5)), ((2222.6, 8e4),))
    assert line.touch == (2222.5, 2222.6)
    assert (line.quadratic_impact, line.daily_volume, line.impact_coefficient) == (1e-9, 5e8, 0.8)
    assert (line.fixed_cost, line.funding_rate, line.initial_margin) == (0.002, -0.0001, 0.05)
    assert [(venue.name, venue.bid, venue.bids) for venue in line.venue] == [
        ("elsewhere", 2222.4, ()),
        ("a third", None, ((2222.0, 1.0),)),
    ]
    assert (desk.hedge.holding_hours, desk.hedge.cost_of_capital) == (72.0, 0.08)


def test_without_them_nothing_is_charged(edit: Edit) -> None:
    desk = load_desk(edit())
    line = desk.contract[0]
    assert (line.bids, line.venue, line.fixed_cost, line.quadratic_impact) == ((), (), 0.0, 0.0)
    assert {line.daily_volume, line.impact_coefficient, line.funding_rate, line.borrow_rate} == {None}
    assert line.touch == (2222.5, 2222.6)
    assert (desk.hedge.holding_hours, desk.hedge.cost_of_capital) == (None, 0.0)
    assert load_desk(edit(quote="")).contract[0].touch is None


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"quote": BOOK.replace("asks", "#")}, "contract[0]", "one side of an order book only; state both"),
        ({"quote": BOOK, "terms": QUOTE}, "contract[0].bid", "stands beside bids and asks; keep one"),
        ({"quote": BOOK.replace("5e4", "0")}, "contract[0].bids[0]", "is 0 at 2222.5; price and size are positive"),
        ({"quote": BOOK.replace("2_222.6", "-1")}, "contract[0].asks[0]", "is 80000 at -1; price and size"),
        ({"quote": BOOK.replace("2_222.0", "2_223.0")}, "contract[0].bids", "2223 is above the ask 2222.6; uncross"),
        ({"quote": BOOK.replace("5e4", "nan")}, "contract[0].bids[0][1]", "is nan; give a finite number"),
        ({"quote": BOOK.replace(", 5e4", "")}, "contract[0].bids[0]", "Expected a list of length 2, got 1"),
        ({"quote": BOOK.replace("5e4", "'much'")}, "contract[0].bids[0][1]", "Expected a number, got text"),
        ({"terms": "quadratic_impact = -1\n"}, "contract[0].quadratic_impact", "is -1; a rise of the cost is not"),
        ({"terms": "daily_volume = 0\n"}, "contract[0].daily_volume", "is 0; it must be positive, in contracts"),
        (
            {"terms": "impact_coefficient = 1\n"},
            "contract[0].impact_coefficient",
            "without a volume; state daily_volume",
        ),
        (
            {"terms": "daily_volume = 1\nimpact_coefficient = -1\n"},
            "contract[0].impact_coefficient",
            "is -1; it is about 1",
        ),
        ({"terms": "fixed_cost = -0.1\n"}, "contract[0].fixed_cost", "is -0.1; a charge is not negative"),
        ({"terms": "funding_rate = 0.5\n"}, "contract[0].funding_rate", "write 0.0001 for 0.01 %"),
        ({"terms": "borrow_rate = -0.01\n"}, "contract[0].borrow_rate", "write 0.05 for 5 %"),
        ({"terms": "borrow_rate = 11\n"}, "contract[0].borrow_rate", "is 11; interest is a fraction per year"),
        ({"terms": "initial_margin = 5\n"}, "contract[0].initial_margin", "is 5; margin is a fraction of the notional"),
        ({"terms": VENUE}, "contract[0].venue[0]", "has no prices; state bid and ask, or bids and asks"),
        ({"terms": VENUE + "bid = 1\n"}, "contract[0].venue[0]", "one side of a quote only"),
        ({"terms": VENUE + "bid = 0\nask = 1\n"}, "contract[0].venue[0].bid", "is 0; it must be positive"),
        ({"terms": VENUE + "bid = 2\nask = 1\n"}, "contract[0].venue[0].bid", "2 is above the ask 1; uncross"),
        ({"terms": VENUE + "bids = [[1, 1]]\n"}, "contract[0].venue[0]", "one side of an order book only"),
        (
            {"terms": VENUE.replace("0.0004", "5") + "bid = 1\nask = 1\n"},
            "contract[0].venue[0].taker_fee",
            "is 5; fees are fractions",
        ),
        (
            {"terms": VENUE.replace("taker_fee", "#") + "bid = 1\nask = 1\n"},
            "contract[0].venue[0].taker_fee",
            "required key is missing; add it",
        ),
        ({"terms": VENUE + "lot = 1\n"}, "contract[0].venue[0].lot", "unknown key"),
        (
            {"terms": VENUE.replace("elsewhere", "ETH-PERPETUAL") + "bid = 1\nask = 1\n"},
            "contract[0].venue[0].name",
            "ETH-PERPETUAL stands twice; keep one",
        ),
        (
            {"terms": (VENUE + "bid = 1\nask = 1\n") * 2},
            "contract[0].venue[1].name",
            "elsewhere stands twice; keep one",
        ),
        (
            {"terms": VENUE.replace("elsewhere", "") + "bid = 1\nask = 1\n"},
            "contract[0].venue[0].name",
            "is ''; give it a printable name",
        ),
        ({"hedge": "holding_hours = 0\n"}, "hedge.holding_hours", "is 0; give hours, above 0, up to a year"),
        ({"hedge": "holding_hours = 9e3\n"}, "hedge.holding_hours", "is 9000; give hours"),
        ({"hedge": "cost_of_capital = -0.1\n"}, "hedge.cost_of_capital", "is -0.1; a rate is a fraction per year"),
        ({"hedge": "cost_of_capital = 12\n"}, "hedge.cost_of_capital", "write 0.08 for 8 %"),
    ],
)
def test_what_breaks_a_rule_is_refused(edit: Edit, changed: dict[str, str], field: str, said: str) -> None:
    path = edit(**changed)
    with pytest.raises(ConfigError) as caught:
        load_desk(path)
    assert caught.value.field == field
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_venue_is_found_on_its_own_line(edit: Edit) -> None:
    good = VENUE.replace("elsewhere", "a third") + "bid = 1\nask = 1\n"
    path = edit(terms=good + VENUE + "bid = 2\nask = 1\n")
    with pytest.raises(ConfigError) as caught:
        load_desk(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert caught.value.line is not None
    assert lines[caught.value.line - 1] == "bid = 2"
