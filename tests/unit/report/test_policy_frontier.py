"""The frontier of policies: words that say what the numbers say, rows, pictures without scripts."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

from hedgerow.report.policy_frontier import FrontierCurve, FrontierPolicy, PolicyFrontier, Saving
from hedgerow.report.policy_frontier_pictures import policy_frontier_picture
from hedgerow.report.render_policy_frontier import frontier_cells, frontier_words, policy_frontier_view
from hedgerow.report.text import plain_text


def point(setting: float | None, deviation: float, cost: float, trades: float) -> FrontierPolicy:
    return FrontierPolicy(
        setting=setting, deviation=deviation, deviation_error=0.1, mean=cost, cost=cost, cost_error=0.05, trades=trades
    )


CLOCK = point(None, 20.0, 10.0, 90.0)
BAND = FrontierCurve(
    name="band <b>",
    kind="whalley_wilmott",
    parameter="risk_aversion",
    points=(point(0.01, 40.0, 3.0, 5.0), point(0.1, 10.0, 8.0, 40.0)),
)
LAZY = FrontierCurve(
    name="lazy", kind="price_move", parameter="move", points=(point(0.1, 50.0, 2.0, 3.0), point(0.2, 80.0, 1.0, 1.0))
)
EVERY_DATE = FrontierCurve(name="delta", kind="delta", parameter=None, points=(point(None, 8.0, 20.0, 720.0),))
SAVED = Saving(
    name="band <b>",
    setting=0.05,
    cost=6.0,
    trades=27.0,
    less_cost=0.4,
    less_cost_error=0.012,
    fewer_trades=0.7,
    fewer_trades_error=0.004,
    lowest=10.0,
    highest=40.0,
)
NOT_THERE = Saving(
    name="lazy",
    setting=None,
    cost=None,
    trades=None,
    less_cost=None,
    less_cost_error=None,
    fewer_trades=None,
    fewer_trades_error=None,
    lowest=50.0,
    highest=80.0,
)
FRONTIER = PolicyFrontier(
    unit="USD",
    every_hours=8.0,
    clock=CLOCK,
    curves=(BAND, LAZY, EVERY_DATE),
    savings=(SAVED, NOT_THERE),
    notes=("delta: has no setting to vary",),
)


def test_words_answer_for_every_policy() -> None:
    assert frontier_words(FRONTIER) == [
        "at the standard deviation of the loss that hedging every 8 hours has "
        "(std 20.00, cost 10.00 in USD, 90.0 trades):",
        "band <b>, risk_aversion 0.05: 70.0 ± 0.4 % fewer trades (27.0), 40.0 ± 1.2 % less cost (6.0000)",
        "lazy: does not get there, its settings have stds of 50.00 to 80.00",
        "delta: has no setting to vary",
    ]


def test_what_is_not_saved_is_called_more_and_what_is_not_known_is_left_out() -> None:
    worse = replace(SAVED, fewer_trades=-0.25, less_cost=-0.1, fewer_trades_error=None, less_cost_error=None)
    assert frontier_words(replace(FRONTIER, savings=(worse,)))[1] == (
        "band <b>, risk_aversion 0.05: 25.0 % more trades (27.0), 10.0 % more cost (6.0000)"
    )
    free = replace(SAVED, less_cost=None, less_cost_error=None)
    assert frontier_words(replace(FRONTIER, savings=(free,)))[1].endswith("70.0 ± 0.4 % fewer trades (27.0)")


def test_the_table_has_a_row_for_each_setting_and_the_clock() -> None:
    shown = plain_text(policy_frontier_view(FRONTIER))
    for words in (
        "risk_aversion 0.01",
        "risk_aversion 0.1",
        "move 0.2",
        "delta",
        "every 8 hours",
        "720.0",
        "the clock",
        "in USD",
    ):
        assert words in shown
    assert "beaten" not in shown


def test_beaten_settings_are_marked_and_added_ones_left_out() -> None:
    worse = replace(point(0.3, 12.0, 9.0, 50.0), beaten=True)
    added = replace(point(0.05, 20.0, 6.0, 27.0), added=True, beaten=True)
    curve = replace(BAND, points=(BAND.points[0], added, BAND.points[1], worse))
    found = replace(FRONTIER, curves=(curve, LAZY, EVERY_DATE))
    rows = {cells[1]: cells[-1] for cells in frontier_cells(found)[1]}
    assert rows["risk_aversion 0.3"] == "beaten"
    assert rows["risk_aversion 0.1"] == ""
    assert "risk_aversion 0.05" not in rows
    assert "beaten: another setting of the same policy has less cost and less risk" in frontier_words(found)
    hidden = replace(found, curves=(replace(curve, points=curve.points[:3]), LAZY, EVERY_DATE))
    assert not any(words.startswith("beaten") for words in frontier_words(hidden))
    assert [each["added"] for each in found.to_dict()["curves"][0]["points"]] == [False, True, False, False]


def test_json_holds_everything_in_plain_values() -> None:
    given = json.loads(json.dumps(FRONTIER.to_dict(), allow_nan=False))
    assert given["clock"]["std"] == 20.0
    assert given["compare_every_hours"] == 8.0
    assert [curve["name"] for curve in given["curves"]] == ["band <b>", "lazy", "delta"]
    assert given["curves"][0]["points"][1] == {
        "setting": 0.1,
        "std": 10.0,
        "std_error": 0.1,
        "mean": 8.0,
        "cost": 8.0,
        "cost_error": 0.05,
        "trades": 40.0,
        "added": False,
        "beaten": False,
    }
    assert given["savings"][0]["fewer_trades"] == 0.7
    assert given["savings"][1]["setting"] is None


def test_the_picture_names_every_policy_and_is_the_same_each_time() -> None:
    drawn = policy_frontier_picture(FRONTIER)
    assert drawn == policy_frontier_picture(FRONTIER)
    texts = [(element.text or "") for element in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    for words in ("band <b>, by risk_aversion", "lazy, by move", "delta", "mean trading cost, USD"):
        assert words in texts
    assert "every 8 hours: 90 trades, cost 10.00" in texts
    assert "<script" not in drawn
