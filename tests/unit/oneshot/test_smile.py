"""What the surface adds to a ticket: prices of unquoted options, and deltas under every convention."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import hedgerow as hr
from hedgerow.book import Marking, assemble, deltas_by_convention, exposure_of
from hedgerow.cli import main
from hedgerow.config import Desk
from hedgerow.config.desk import MinimumVarianceTerms, PositionLine, SabrTerms
from hedgerow.core.arrays import frozen
from hedgerow.core.errors import InputError
from hedgerow.core.instants import years_between
from hedgerow.examples import copy_example
from hedgerow.instruments import EuropeanOption, parse_deribit
from hedgerow.market import Snapshot
from hedgerow.oneshot.resolve import compile_positions, with_assumed_quotes
from hedgerow.oneshot.smile import Smile, fit_smile
from hedgerow.pricing import DeltaConvention, QuadraticFit, VolDynamics, black76, implied_vol, mark_vols
from hedgerow.pricing.models import SVCJ, Heston, price_model
from hedgerow.pricing.surface import ChainFit, OptionChain, fit_chain

STICKY, MONEYNESS, SURFACE, FITTED, MODEL, BEST, BARTLETT = DeltaConvention
NO_VOL = "ETH-12JAN24-1200-C"
FITS: dict[tuple[object, ...], ChainFit] = {}


def option(name: str) -> EuropeanOption:
    found = parse_deribit(name)
    assert isinstance(found, EuropeanOption)
    return found


def holding(desk: Desk, *names: str) -> Desk:
    """Return a desk of one contract each, 420 coins and the perpetual to hedge with."""
    return msgspec.structs.replace(
        desk,
        position=tuple(PositionLine(instrument=name, quantity=1.0) for name in names),
        liquidity=(),
        hedge=msgspec.structs.replace(desk.hedge, instruments=("ETH-PERPETUAL",), neutral={"delta": 0.0}, limits={}),
    )


def without(market: Snapshot, gone: Callable[[str], bool]) -> Snapshot:
    """Return the market less some of its quotes."""
    quotes = market.quotes
    keep = np.array([i for i, name in enumerate(quotes.names) if not gone(name)], dtype=np.int64)
    columns: dict[str, Any] = {
        name: frozen(getattr(quotes, name)[keep]) for name in ("bid", "ask", "mark", "forward", "at_ns")
    }
    return replace(market, quotes=replace(quotes, names=tuple(quotes.names[i] for i in keep), **columns))


def told(ticket: hr.Ticket) -> dict[str, str]:
    return {item["name"]: item["reason"] for item in ticket.to_dict()["interpolated"]}


def worth(ticket: hr.Ticket) -> float:
    """Return what the options of a ticket are worth. [USD]"""
    return sum(b.sensitivities.value for b in ticket.exposure.buckets if b.kind == "inverse option")


@pytest.fixture(autouse=True)
def _fit_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fit the same chain once for the whole file: a fit is a pure function, and most of a ticket's time."""

    def fit_once(chain: OptionChain, *, kind: str) -> ChainFit:
        key = (chain.names, chain.bid.tobytes(), chain.ask.tobytes(), chain.usable.tobytes(), kind)
        if key not in FITS:
            FITS[key] = fit_chain(chain, kind="svi")
        return FITS[key]

    monkeypatch.setattr("hedgerow.oneshot.smile.fit_chain", fit_once)


@pytest.fixture
def smile(desk: Desk, market: Snapshot) -> Smile:
    return fit_smile(desk, with_assumed_quotes(desk, market))


def test_an_unquoted_strike_is_worth_what_its_neighbours_allow(desk: Desk, market: Snapshot) -> None:
    name = "ETH-26JAN24-2325-C"
    ticket = hr.hedge(holding(desk, name), market)
    assert list(told(ticket)) == [name]
    assert told(ticket)[name].startswith("it is not quoted; vol 7")
    below, above = (market.quotes.quote(f"ETH-26JAN24-{k}-C").mark * market.index_price for k in (2300, 2350))
    found = worth(ticket)
    assert above < found < below
    # Convex in the strike, and never above the chord by more than half a tick of the venue.
    assert found <= 0.5 * (above + below) + 0.00025 * market.index_price
    assert found > 0.5 * (above + below) - 0.002 * market.index_price


def test_a_mark_without_vol_is_interpolated_and_not_refused(desk: Desk, market: Snapshot) -> None:
    ticket = hr.hedge(holding(desk, NO_VOL), market)
    assert told(ticket)[NO_VOL].startswith("its mark implies no vol; vol 2")
    quote = market.quotes.quote(NO_VOL)
    intrinsic = market.index_price * (1.0 - 1_200.0 / quote.forward)
    assert intrinsic < worth(ticket) < intrinsic + 0.001 * market.index_price


def test_what_is_interpolated_is_not_said_to_have_no_value(desk: Desk, market: Snapshot) -> None:
    written = hr.hedge(holding(desk, NO_VOL), market).to_dict()
    # Its quote is one-sided, so it cannot be traded: that is another matter.
    assert {item["left_out_of"] for item in written["rejected"] if item["name"] == NO_VOL} == {"trading"}


@pytest.mark.parametrize(
    ("name", "gone", "tolerance"),
    [
        # a strike that is taken out; measured: 0.3, 0.6 and 0.2 vol points
        ("ETH-26JAN24-2300-C", "ETH-26JAN24-2300-", 0.01),
        ("ETH-28JUN24-3000-C", "ETH-28JUN24-3000-", 0.01),
        ("ETH-29MAR24-1800-P", "ETH-29MAR24-1800-", 0.01),
        # a whole expiry between two others; measured: 1.0 and 1.3
        ("ETH-26JAN24-2300-C", "ETH-26JAN24-", 0.02),
        ("ETH-29MAR24-2200-P", "ETH-29MAR24-", 0.02),
        # before the first, of less than a day, and beyond the last; measured: 6.1 and 0.7
        ("ETH-9JAN24-2225-C", "ETH-9JAN24-", 0.08),
        ("ETH-27DEC24-2500-C", "ETH-27DEC24-", 0.02),
    ],
)
def test_what_is_taken_out_of_the_market_comes_back_near_its_mark(
    desk: Desk, market: Snapshot, name: str, gone: str, tolerance: float
) -> None:
    own = mark_vols(market).as_dict()[name]
    fitted = fit_smile(desk, without(market, lambda quoted: quoted.startswith(gone)))
    found = fitted.price(option(name))
    assert found is not None
    assert found.vol == pytest.approx(own, abs=tolerance)
    assert found.forward == pytest.approx(market.quotes.quote(name).forward, rel=1e-2 if "DEC" in name else 2e-3)


def test_every_kind_of_gap_gets_a_ticket(desk: Desk, market: Snapshot) -> None:
    first = without(market, lambda name: name.split("-")[1] in ("9JAN24", "10JAN24"))
    gaps = ("ETH-9JAN24-2225-C", "ETH-30JAN24-2300-P", "ETH-31DEC25-2300-C", "ETH-26JAN24-2325-C", NO_VOL)
    ticket = hr.hedge(holding(desk, *gaps, "ETH-26JAN24-2300-C"), first)
    assert set(told(ticket)) == set(gaps)
    assert len(ticket.to_dict()["interpolated"]) == len(gaps)
    assert not {item["name"] for item in ticket.to_dict()["rejected"] if item["left_out_of"] == "interpolated"}
    assert not [item for item in ticket.rejected if item.use == "the book"]
    assert all(target.met for target in ticket.targets)
    assert ticket.certificate.holds
    # As many options are in the book as stand in the desk file: each expiry has its bucket.
    expiries = {option(name).expiry_ns for name in (*gaps, "ETH-26JAN24-2300-C")}
    assert {b.expiry_ns for b in ticket.exposure.buckets if b.kind == "inverse option"} == expiries


@pytest.mark.parametrize(
    ("early", "late"), [("ETH-26JAN24-2300-C", "ETH-30JAN24-2300-C"), ("ETH-27DEC24-2300-C", "ETH-31DEC25-2300-C")]
)
def test_later_options_are_worth_more(smile: Smile, early: str, late: str) -> None:
    prices = []
    for name in (early, late):
        found = smile.price(option(name))
        assert found is not None
        # Out of the money at k on the earlier, at the same k on the later: total variance rises.
        assert smile.fit is not None
        years = years_between(smile.fit.chain.as_of_ns, option(name).expiry_ns)
        prices.append(smile.fit.surface.vol(0.1, years)[0] ** 2 * years)
        assert 0.2 < found.vol < 2.0
    assert prices[0] < prices[1]


def test_one_name_held_twice_is_told_once(desk: Desk, market: Snapshot) -> None:
    name = "ETH-26JAN24-2325-C"
    once, twice = (hr.hedge(holding(desk, *names), market) for names in ([name], [name, name]))
    assert len(twice.to_dict()["interpolated"]) == 1
    assert worth(twice) == pytest.approx(2.0 * worth(once), rel=1e-12)


def test_leaving_out_does_not_leave_out_what_can_be_interpolated(desk: Desk, market: Snapshot) -> None:
    held = holding(desk, NO_VOL, "ETH-26JAN24-2325-C")
    strict, lenient = (hr.hedge(held, market, leave_out=flag) for flag in (False, True))
    assert strict.exposure == lenient.exposure


@pytest.mark.parametrize(
    ("name", "message"),
    [("ETH-8JAN24-2225-C", "expired at 2024-01-08T08:00"), ("ETH-15JAN24", "not quoted in this market")],
)
def test_what_no_surface_prices_is_still_refused(desk: Desk, market: Snapshot, name: str, message: str) -> None:
    line = PositionLine(instrument=name, quantity=1.0, entry_price=None if name.endswith("C") else 2_200.0)
    with pytest.raises(hr.ConfigError, match=message):
        hr.hedge(msgspec.structs.replace(holding(desk), position=(line,)), market)


def test_a_cash_settled_option_has_its_forward_in_its_own_quote_currency(desk: Desk, market: Snapshot) -> None:
    # A USDC at 0.9 USD: the forward in USDC is 1/0.9 times that in USD, the market being in coin-settled options only.
    name, rate = "ETH_USDC-26JAN24-2300-C", 0.9
    ticket = hr.hedge(msgspec.structs.replace(holding(desk, name), rates={"USDC": rate}), market)
    bucket = next(b for b in ticket.exposure.buckets if b.kind == "linear option")
    forward = market.quotes.quote("ETH-26JAN24-2300-C").forward
    # In USD it is a call on the coin at a strike of 2,070 USD: worth more than its intrinsic value.
    assert bucket.sensitivities.value > forward - 2_300.0 * rate


# ---- conventions


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
@pytest.mark.parametrize("convention", [MONEYNESS, SURFACE])
def test_a_delta_target_is_met_in_the_convention_that_was_asked_for(
    desk: Desk, market: Snapshot, convention: DeltaConvention, numeraire: str
) -> None:
    # With the perpetual alone, which has no vol, the conventions stay as far apart as they were.
    given: dict[str, Any] = {"numeraire": numeraire, "neutral": {"delta": 5.0}, "instruments": ["ETH-PERPETUAL"]}
    ticket = hr.hedge(desk, market, delta_convention=convention.value, **given)
    by = {one.convention: one for one in ticket.delta_by_convention}
    assert ticket.delta_convention is convention
    assert by[convention].after == pytest.approx(5.0, abs=3e-4)  # half a lot of the perpetual
    assert ticket.targets[0].met
    assert ticket.targets[0].after == pytest.approx(by[convention].after, abs=1e-9)
    apart = by[STICKY].before - by[convention].before
    assert abs(apart) > 5.0
    assert by[STICKY].after - by[convention].after == pytest.approx(apart, rel=1e-9)
    # The residual of the ticket is the sticky-strike one, as before.
    assert ticket.residual.delta == pytest.approx(by[STICKY].after, abs=1e-9)
    plain = hr.hedge(desk, market, **given)
    assert plain.delta_convention is STICKY
    assert plain.targets[0].after == pytest.approx(5.0, abs=3e-4)


def test_the_deltas_are_sums_over_book_and_trades(desk: Desk, market: Snapshot, smile: Smile) -> None:
    ticket = hr.hedge(desk, market, neutral={"delta": 0.0})
    assert [one.convention for one in ticket.delta_by_convention] == [STICKY, MONEYNESS, SURFACE]
    assert ticket.delta_by_convention[0].before == pytest.approx(ticket.exposure.total.delta, rel=1e-12)
    marked = with_assumed_quotes(desk, market)
    marking = Marking(snapshot=marked, vols=mark_vols(market).as_dict(), usd_rates={"USDC": 1.0})  # type: ignore[dict-item]
    rows, n, _ = compile_positions(desk, marking, leave_out=False)
    book = assemble(rows, base=market.base, spot=market.index_price, n_group=n)
    assert smile.fit is not None
    alone = deltas_by_convention(
        book, [MONEYNESS, SURFACE], numeraire="USD", dynamics=VolDynamics(surface=smile.fit.surface)
    )
    for one in ticket.delta_by_convention[1:]:
        assert one.before == pytest.approx(alone[one.convention].sum(), rel=1e-12)
        assert one.before != pytest.approx(ticket.exposure.total.delta, abs=1.0)


def test_the_range_is_over_the_conventions(desk: Desk, market: Snapshot) -> None:
    written = hr.hedge(desk, market).to_dict()
    assert written["delta_convention"] == "sticky_strike"
    for when in ("before", "after"):
        found = [one[when] for one in written["delta_by_convention"].values()]
        assert written["delta_range"][when] == [min(found), max(found)]
        assert min(found) < max(found)


def test_the_numbers_of_the_example_are_those_without_a_surface(desk: Desk, market: Snapshot) -> None:
    marked = with_assumed_quotes(desk, market)
    marking = Marking(snapshot=marked, vols=mark_vols(market).as_dict(), usd_rates={"USDC": 1.0})  # type: ignore[dict-item]
    rows, n, _ = compile_positions(desk, marking, leave_out=False)
    book = assemble(rows, base=market.base, spot=market.index_price, n_group=n)
    ticket = hr.hedge(desk, market)
    assert ticket.exposure == exposure_of(book, numeraire="USD")
    assert told(ticket) == {}
    # As the tour of the release before printed them.
    total = ticket.to_dict()["exposure"]
    assert total["value"] == pytest.approx(1_770_537, abs=0.5)
    assert total["delta"] == pytest.approx(705.95, abs=0.005)
    assert total["vega_per_volpoint"] == pytest.approx(2_313.5, abs=0.05)
    assert total["theta_per_day"] == pytest.approx(5_159.8, abs=0.05)
    assert [(trade.instrument, trade.lots) for trade in ticket.trades] == [
        ("ETH-PERPETUAL", -1_667_710),
        ("ETH-12JAN24-2250-C", 436),
        ("ETH-28JUN24-2400-C", -371),
    ]


def fitted_desk(desk: Desk) -> Desk:
    terms = MinimumVarianceTerms(a=-0.05, b=0.02, c=0.01)
    return msgspec.structs.replace(desk, hedge=msgspec.structs.replace(desk.hedge, minimum_variance=terms))


def test_a_stated_fit_adds_its_convention_and_can_be_held(desk: Desk, market: Snapshot) -> None:
    ticket = hr.hedge(fitted_desk(desk), market, neutral={"delta": 0.0}, delta_convention="minimum_variance_fitted")
    by = {one.convention: one for one in ticket.delta_by_convention}
    assert list(by) == [STICKY, MONEYNESS, SURFACE, FITTED]
    assert by[FITTED].after == pytest.approx(0.0, abs=3e-4)
    plain = hr.hedge(desk, market, neutral={"delta": 0.0})
    for one in plain.delta_by_convention:
        assert by[one.convention].before == pytest.approx(one.before, rel=1e-12)


def test_the_desk_files_convention_counts_unless_another_is_given(desk: Desk, market: Snapshot) -> None:
    stated = msgspec.structs.replace(
        desk, hedge=msgspec.structs.replace(desk.hedge, delta_convention="sticky_moneyness", neutral={"delta": 0.0})
    )
    assert hr.hedge(stated, market).delta_convention is MONEYNESS
    assert hr.hedge(stated, market, delta_convention="sticky_strike").delta_convention is STICKY
    assert hr.hedge(stated, market, delta_convention=SURFACE).delta_convention is SURFACE


def refused_file(tmp_path: Path, lines: str) -> tuple[str, str]:
    """Put lines into the example's [hedge]; return the error of a ticket and the place that it must name."""
    folder = copy_example("eth-2024-01-08", tmp_path / "example")
    path = folder / "desk.toml"
    text = path.read_text().replace("[hedge]\n", f"[hedge]\n{lines}")
    path.write_text(text)
    place = next(i for i, line in enumerate(text.splitlines(), 1) if line.startswith("delta_convention"))
    with pytest.raises(hr.ConfigError) as caught:
        hr.hedge(hr.load_desk(path), hr.load_snapshot(folder))
    assert "\n" not in str(caught.value)
    return str(caught.value), f"{path}:{place}: hedge.delta_convention: "


KNOWN = ", ".join(DeltaConvention)


def test_an_unknown_convention_in_the_file_names_file_and_line(tmp_path: Path) -> None:
    said, place = refused_file(tmp_path, 'delta_convention = "sticky"\n')
    assert said == f"{place}is 'sticky'; use {KNOWN}"


def test_a_fitted_convention_needs_its_terms(tmp_path: Path, desk: Desk, market: Snapshot) -> None:
    said, place = refused_file(tmp_path, 'delta_convention = "minimum_variance_fitted"\n')
    rule = "is 'minimum_variance_fitted', which this desk and market do not allow"
    advice = "state [hedge.minimum_variance] a, b, c"
    assert said == f"{place}{rule}; {advice}"
    with pytest.raises(hr.InputError) as caught:
        hr.hedge(desk, market, delta_convention="minimum_variance_fitted")
    assert str(caught.value) == f"delta convention {rule}; {advice}"


def test_a_stated_fit_is_read_from_the_file(tmp_path: Path) -> None:
    folder = copy_example("eth-2024-01-08", tmp_path / "example")
    path = folder / "desk.toml"
    text = path.read_text().replace("[hedge]\n", '[hedge]\ndelta_convention = "minimum_variance_fitted"\n')
    path.write_text(text + "\n[hedge.minimum_variance]\na = -0.05\nb = 0.02\nc = 0.01\n")
    desk = hr.load_desk(path)
    assert fit_smile(desk, hr.load_snapshot(folder)).dynamics.fitted == QuadraticFit(a=-0.05, b=0.02, c=0.01)
    assert hr.hedge(desk, hr.load_snapshot(folder)).delta_convention is FITTED
    path.write_text(path.read_text().replace("a = -0.05", "a = nan"))
    with pytest.raises(hr.ConfigError, match=r"desk.toml:\d+: hedge.minimum_variance.a: is nan; give a finite number"):
        hr.load_desk(path)


HESTON = Heston(v0=0.5, kappa=3.0, theta=0.4, vol_of_vol=2.0, rho=-0.2)
HESTON_TABLE = """
[hedge.model]
kind = "heston"
v0 = 0.5
kappa = 3.0
theta = 0.4
vol_of_vol = 2.0
rho = -0.2
"""


def with_terms(desk: Desk, **terms: Any) -> Desk:
    return msgspec.structs.replace(desk, hedge=msgspec.structs.replace(desk.hedge, **terms))


@pytest.mark.parametrize("convention", [MODEL, BEST])
def test_a_stated_model_adds_its_deltas_and_either_can_be_held(
    desk: Desk, market: Snapshot, convention: DeltaConvention
) -> None:
    stated = with_terms(desk, model=HESTON)
    ticket = hr.hedge(stated, market, neutral={"delta": 0.0}, delta_convention=convention.value)
    deltas = {one.convention: one for one in ticket.delta_by_convention}
    assert list(deltas) == [STICKY, MONEYNESS, SURFACE, MODEL, BEST]
    assert ticket.delta_convention is convention
    assert abs(deltas[convention].after) < 1e-3
    assert min(abs(deltas[MODEL].before - deltas[one].before) for one in (STICKY, MONEYNESS, BEST)) > 0.1


def test_the_models_delta_of_one_option_is_that_of_the_library(desk: Desk, market: Snapshot) -> None:
    name = "ETH-29MAR24-2500-C"
    ticket = hr.hedge(with_terms(holding(desk, name), model=HESTON), market, numeraire="USD")
    deltas = {one.convention: one.before for one in ticket.delta_by_convention}
    quote, held = market.quote(name), option(name)
    years = years_between(market.as_of_ns, held.expiry_ns)
    k = math.log(held.strike / quote.forward)
    one = price_model(HESTON, 1.0, math.exp(k), years, True, inverse=False)
    own, _ = implied_vol(one.price, 1.0, math.exp(k), years, True, inverse=False)
    black = black76(1.0, math.exp(k), years, own, True, inverse=False)
    marked = mark_vols(market).as_dict()[name]
    vega = black76(1.0, math.exp(k), years, marked, True, inverse=False).vega[0]
    moved = vega * (one.delta[0] - black.delta[0]) / black.vega[0]
    # W = S·U/F, and F moves with S in proportion: dW/dS gains (vega/F)·R.
    assert deltas[MODEL] - deltas[STICKY] == pytest.approx(moved, rel=1e-6)


def test_a_stated_model_is_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "desk.toml"
    plain = (hr.example("eth-2024-01-08") / "desk.toml").read_text()
    path.write_text(plain + HESTON_TABLE)
    assert hr.load_desk(path).hedge.model == HESTON
    path.write_text(plain + HESTON_TABLE.replace("kappa = 3.0", "kappa = -3.0"))
    with pytest.raises(hr.ConfigError, match=r"desk.toml:\d+: hedge.model.kappa: kappa = -3.0 in Heston; give a pos"):
        hr.load_desk(path)


@pytest.mark.parametrize("convention", [MODEL, BEST])
def test_a_models_delta_needs_a_model(desk: Desk, market: Snapshot, convention: DeltaConvention) -> None:
    message = f"is '{convention.value}', which this desk and market do not allow; state .hedge.model., as hedgerow cal"
    with pytest.raises(InputError, match=message):
        hr.hedge(desk, market, delta_convention=convention.value)


def test_bartletts_delta_is_fitted_when_asked_for(desk: Desk, market: Snapshot) -> None:
    plain = hr.hedge(desk, market, neutral={"delta": 0.0})
    assert BARTLETT not in {one.convention for one in plain.delta_by_convention}
    asked = hr.hedge(desk, market, neutral={"delta": 0.0}, delta_convention="bartlett")
    deltas = {one.convention: one for one in asked.delta_by_convention}
    assert abs(deltas[BARTLETT].after) < 1e-3
    listed = hr.hedge(with_terms(desk, sabr=SabrTerms(beta=0.5)), market, neutral={"delta": 0.0})
    other = {one.convention: one.before for one in listed.delta_by_convention}[BARTLETT]
    # Hagan, Lesniewski (2017): it hardly depends on beta; the conventions themselves are ten coins apart.
    assert other == pytest.approx(deltas[BARTLETT].before, abs=3.0)


def test_an_unknown_convention_of_the_caller(desk: Desk, market: Snapshot) -> None:
    with pytest.raises(hr.InputError) as caught:
        hr.hedge(desk, market, delta_convention="sticky")
    assert str(caught.value) == f"delta convention is 'sticky'; use {KNOWN}"


# ---- markets without a surface


def is_option(name: str) -> bool:
    return isinstance(parse_deribit(name), EuropeanOption)


def test_a_market_without_options_still_hedges_a_book_without_options(desk: Desk, market: Snapshot) -> None:
    ticket = hr.hedge(holding(desk), without(market, is_option))
    assert [one.convention for one in ticket.delta_by_convention] == [STICKY]
    assert list(ticket.to_dict()["delta_by_convention"]) == ["sticky_strike"]
    assert ticket.to_dict()["delta_range"]["before"] == [ticket.exposure.total.delta] * 2
    assert ticket.targets[0].met


def test_without_a_surface_what_needs_one_is_refused(desk: Desk, market: Snapshot) -> None:
    bare = without(market, is_option)
    with pytest.raises(hr.InputError, match="give a market with at least 5 usable option quotes"):
        hr.hedge(holding(desk), bare, delta_convention="sticky_moneyness")
    with pytest.raises(hr.ConfigError, match="ETH-26JAN24-2325-C: not quoted in this market"):
        hr.hedge(holding(desk, "ETH-26JAN24-2325-C"), bare)
    ticket = hr.hedge(fitted_desk(holding(desk)), bare)
    assert [one.convention for one in ticket.delta_by_convention] == [STICKY, FITTED]


@pytest.mark.parametrize(("count", "has"), [(4, False), (5, True)])
def test_five_usable_quotes_make_a_surface(desk: Desk, market: Snapshot, count: int, has: bool) -> None:
    names = [f"ETH-26JAN24-{strike}-C" for strike in (2200, 2300, 2400, 2500, 2600)][:count]
    few = without(market, lambda name: name not in names)
    smile = fit_smile(desk, few)
    assert (smile.fit is not None) is has
    ticket = hr.hedge(holding(desk, names[0]), few)
    assert len(ticket.delta_by_convention) == (3 if has else 1)
    assert math.isfinite(ticket.delta_by_convention[-1].after)


def test_no_instruments_at_all_give_a_ticket(desk: Desk, market: Snapshot) -> None:
    ticket = hr.hedge(desk, market, neutral={}, instruments=[])
    assert ticket.trades == ()
    assert all(one.before == one.after for one in ticket.delta_by_convention)


def test_the_command_line_knows_every_convention() -> None:
    assert list(main._CONVENTIONS) == [one.value for one in DeltaConvention]


def test_a_convention_that_cannot_be_had_is_left_out_unless_it_is_held(desk: Desk, market: Snapshot) -> None:
    heavy = SVCJ(
        v0=0.5, kappa=3.0, theta=0.4, vol_of_vol=2.0, rho=-0.2, jump_intensity=1.0, jump_mean=0.0, jump_vol=0.1,
        variance_jump_mean=1.0, jump_correlation=0.6,
    )  # fmt: skip
    stated = with_terms(desk, model=heavy)
    ticket = hr.hedge(stated, market, neutral={"delta": 0.0})
    assert [one.convention for one in ticket.delta_by_convention] == [STICKY, MONEYNESS, SURFACE, MODEL]
    assert any(note.startswith("no delta minimum_variance_model: SVCJ: its jumps have no") for note in ticket.notes)
    with pytest.raises(hr.ConfigError, match=r"hedge: the delta minimum_variance_model cannot be had: SVCJ: its jumps"):
        hr.hedge(stated, market, neutral={"delta": 0.0}, delta_convention="minimum_variance_model")


def test_beta_of_the_file_is_checked_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "desk.toml"
    path.write_text((hr.example("eth-2024-01-08") / "desk.toml").read_text() + "\n[hedge.sabr]\nbeta = 1.5\n")
    with pytest.raises(
        hr.ConfigError, match=r"desk.toml:\d+: hedge.sabr.beta: beta = 1.5 .*; give a number from 0 to 1"
    ):
        hr.load_desk(path)
