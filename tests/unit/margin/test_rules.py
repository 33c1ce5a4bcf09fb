"""Rules by name: what is on file, what is refused by name, short options by hand, liquidation steps."""

import numpy as np
import pytest

from hedgerow.book import Row, kernels
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.margin import (
    RULES,
    FractionMargin,
    MarginRule,
    liquidation_steps,
    margin_rule,
    next_liquidation,
    reduced,
    rule_since,
)
from hedgerow.margin.deribit import GridPortfolio, delta_shock
from hedgerow.margin.shocks import shocked_vols
from hedgerow.margin.standard import StandardMargin
from hedgerow.venue_rules import rules_of
from hedgerow.venue_rules.tables import FutureMargin, LiquidationSteps, OptionMargin, VolShocks
from margin_books import AT_NS, black, book_of, cash, coin, future, ns, option, perpetual

SPOT = 50_000.0


@pytest.mark.parametrize("name", RULES)
def test_every_rule_refuses_what_it_does_not_cover(name: str) -> None:
    rule = margin_rule(name, coin="BTC", at_ns=AT_NS, initial=0.1)
    assert isinstance(rule, MarginRule)
    pool = Row(kernels.RANGE, 0, "liquidity", None, 1.0, lower=40_000.0, upper=60_000.0)
    with pytest.raises(InputError, match=r"does not cover a position of kind 'liquidity'"):
        rule.requirement(book_of(pool, spot=SPOT))
    if name != "fraction":
        with pytest.raises(InputError, match="is of BTC, the book of ETH"):
            rule.requirement(book_of(perpetual(1.0, SPOT, inverse=False), spot=SPOT, base="ETH"))


@pytest.mark.parametrize(
    ("name", "row", "named"),
    [
        ("okx", perpetual(1.0, SPOT, inverse=True), "inverse futures on BTC"),
        ("paradex", perpetual(1.0, SPOT, inverse=True), "does not cover inverse contracts"),
        ("derive", option(-1.0, SPOT, SPOT, 5.0, 0.5, call=True, inverse=True), "inverse options on BTC"),
        ("deribit_standard", option(-1.0, SPOT, SPOT, 5.0, 0.5, call=True, inverse=False), "linear options on BTC"),
        ("deribit_portfolio", perpetual(1.0, SPOT, inverse=False), "a position of kind 'linear perpetual'"),
        ("fraction", option(-1.0, SPOT, SPOT, 5.0, 0.5, call=True, inverse=False), "does not cover options"),
    ],
)
def test_tables_that_do_not_cover_a_position_say_so(name: str, row: Row, named: str) -> None:
    rule = margin_rule(name, coin="BTC", at_ns=AT_NS, initial=0.1)
    with pytest.raises(InputError, match=named):
        rule.requirement(book_of(row, spot=SPOT))


@pytest.mark.parametrize(
    ("name", "coin_of", "at", "named"),
    [
        ("bitmex", "BTC", AT_NS, "no margin rule 'bitmex'"),
        ("deribit_standard", "DOGE", AT_NS, "no table of 'deribit_standard' for DOGE"),
        ("deribit_portfolio", "BTC", ns("2023-01-01"), "on 2023-01-01: the first on file holds from 2024-06-17"),
        ("paradex", "DOGE", AT_NS, "no table of 'paradex' for DOGE is on file; no rule has a table for DOGE"),
        ("paradex", "SOL", AT_NS, "for SOL"),
        ("fraction", "BTC", AT_NS, "without its fraction"),
    ],
)
def test_what_is_not_on_file_is_named(name: str, coin_of: str, at: int, named: str) -> None:
    with pytest.raises(InputError, match=named):
        margin_rule(name, coin=coin_of, at_ns=at)


def test_a_table_covers_sizes_up_to_its_largest() -> None:
    tables = [line for line in rules_of("deribit", AT_NS).margin if isinstance(line, FutureMargin)]
    from msgspec.structs import replace

    rule = StandardMargin(
        name="x", coin="BTC", futures=(replace(tables[0], coins=(Currency("BTC"),), settlement="linear", largest=2.0),)
    )
    assert rule.requirement(book_of(perpetual(-2.0, SPOT, inverse=False), spot=SPOT)).initial > 0.0
    with pytest.raises(InputError, match=r"does not cover 2.5 BTC of a future, only up to 2"):
        rule.requirement(book_of(perpetual(-2.5, SPOT, inverse=False), spot=SPOT))


@pytest.mark.parametrize(
    ("strike", "call", "initial", "maintenance"),
    [
        # Deribit in coins: call max(0.15 - otm/U, 0.10) + M and 0.075 + M; put with max(0.075, 0.075·M) + M.
        (50_000.0, True, 0.15, 0.075),
        (52_000.0, True, 0.15 - 1_000 / 51_000, 0.075),
        (90_000.0, True, 0.10, 0.075),
        (49_000.0, False, 0.15 - 2_000 / 51_000, 0.075),
        (20_000.0, False, 0.10, 0.075),
    ],
)
def test_short_options_of_deribit_by_hand(strike: float, call: bool, initial: float, maintenance: float) -> None:
    away = max(strike - 51_000, 0.0) if call else max(51_000 - strike, 0.0)
    assert initial == pytest.approx(max(0.15 - away / 51_000, 0.10))
    row = option(-2.0, SPOT, strike, 20.0, 0.7, call=call, inverse=True, forward=51_000.0)
    mark = black(51_000.0, strike, 20 / 365, 0.7, call=call) / 51_000.0
    found = margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS).requirement(book_of(row, coin(1.0), spot=SPOT))
    assert found.initial / SPOT == pytest.approx(2.0 * (initial + mark), rel=1e-9)
    assert found.maintenance / SPOT == pytest.approx(2.0 * (maintenance + mark), rel=1e-9)
    bought = book_of(row._replace(quantity=2.0), spot=SPOT)
    assert margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS).requirement(bought).initial == 0.0


def test_a_put_worth_more_than_a_coin_needs_a_share_of_its_mark() -> None:
    row = option(-1.0, SPOT, 200_000.0, 20.0, 0.7, call=False, inverse=True)
    mark = black(SPOT, 200_000.0, 20 / 365, 0.7, call=False) / SPOT
    assert mark > 1.0
    found = margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS).requirement(book_of(row, spot=SPOT))
    assert found.maintenance / SPOT == pytest.approx(1.075 * mark, rel=1e-9)
    assert found.initial / SPOT == pytest.approx(max(0.15 + mark, 1.075 * mark), rel=1e-9)


@pytest.mark.parametrize(("coin_of", "c"), [("BTC", 0.03), ("ETH", 0.05)])
def test_short_options_of_okx_by_hand(coin_of: str, c: float) -> None:
    rule = margin_rule("okx", coin=coin_of, at_ns=AT_NS)
    for call in (True, False):
        row = option(-1.0, SPOT, 54_000.0, 20.0, 0.7, call=call, inverse=True, forward=51_000.0)
        mark = black(51_000.0, 54_000.0, 20 / 365, 0.7, call=call) / 51_000.0
        found = rule.requirement(book_of(row, spot=SPOT, base=coin_of))
        away = 3_000.0 if call else 0.0
        assert found.initial / SPOT == pytest.approx(max(0.1, 0.15 - away / 51_000) + mark, rel=1e-9)
        assert found.maintenance / SPOT == pytest.approx((c if call else max(c, c * mark)) + mark, rel=1e-9)


def test_okx_beyond_the_first_tier_is_named() -> None:
    """The factor grows with all that is sold; only the first tier's is on file, and no size of it."""
    rule = margin_rule("okx", coin="BTC", at_ns=AT_NS)
    one = option(-6.0, SPOT, 54_000.0, 20.0, 0.7, call=True, inverse=True)
    assert rule.requirement(book_of(one, one._replace(quantity=100.0), spot=SPOT)).initial > 0.0
    with pytest.raises(InputError, match="does not cover 12 BTC of sold options, only up to 10"):
        rule.requirement(book_of(one, one._replace(strike=56_000.0), spot=SPOT))


def test_derive_counts_a_spread_at_its_largest_loss() -> None:
    """Sold a call at 50,000, bought one at 52,000: 2,000 at most, where the short call alone needs far more."""
    short = option(-1.0, SPOT, 50_000.0, 20.0, 0.7, call=True, inverse=False)
    long = option(1.0, SPOT, 52_000.0, 20.0, 0.7, call=True, inverse=False)
    rule = margin_rule("derive", coin="BTC", at_ns=AT_NS)
    spread = rule.requirement(book_of(short, long, spot=SPOT))
    assert spread.initial == pytest.approx(2_000.0)
    assert spread.maintenance == pytest.approx(2_000.0)
    alone = rule.requirement(book_of(short, spot=SPOT)).initial
    mark = black(SPOT, 50_000.0, 20 / 365, 0.7, call=True)
    assert alone == pytest.approx(0.15 * SPOT + mark, rel=1e-9)
    # Two sold for one bought: one call is unpaired, at 1.2 forwards, and the isolated sum is the lesser one.
    ratio = rule.requirement(book_of(short._replace(quantity=-2.0), long, spot=SPOT)).initial
    assert ratio == pytest.approx(2.0 * alone, rel=1e-9)
    with_future = rule.requirement(book_of(short, long, perpetual(-1.0, SPOT, inverse=False), spot=SPOT))
    assert with_future.initial == pytest.approx(2_000.0 + 0.066 * SPOT)


def test_vol_shocks_scale_the_vol() -> None:
    terms = VolShocks(short_power=0.3, long_power=0.13, day_floor=1.0, least_up=0.5)
    vols, years = np.array([0.4, 0.8, 0.2, 0.6]), np.array([30.0, 15.0, 60.0, 0.25]) / 365
    up = shocked_vols(vols, years, 0.5, terms)
    expected = [0.4 * 1.5, 0.8 * (1 + 0.5 * 2**0.3), 0.5, 0.6 * (1 + 0.5 * 30**0.3)]
    np.testing.assert_allclose(up, expected, rtol=1e-12)
    down = shocked_vols(vols, years, -0.25, terms)
    np.testing.assert_allclose(down[:3], [0.4 * 0.75, 0.8 * (1 - 0.25 * 2**0.3), 0.2 * (1 - 0.25 * 0.5**0.13)])
    assert shocked_vols(vols, years, -1.0, terms)[3] == pytest.approx(1e-6)


@pytest.mark.parametrize(("days", "expected"), [(0.1, 10_449.0), (0.5, None), (1.0, None), (7.0, None)])
def test_deribits_worst_case_of_a_sold_strangle_by_hand(days: float, expected: float | None) -> None:
    """venues.md: 9 prices to 16 % either way, vols up by 50 % and down by 25 % of (30/DTE)^0.3, no floor of days.

    Sold: 10 calls 16 % above and 10 puts 16 % below. What a scenario costs is counted in coins at its own price, then
    in USD at the index; the extended moves count 0.16/|move| of theirs, less the dampener, which here leaves nothing.
    """
    spot, vol, years = 70_000.0, 0.6, days / 365.0
    strikes = ((1.16 * spot, True), (0.84 * spot, False))

    def worth(price: float, at: float) -> float:
        return sum(black(price, strike, years, at, call=call) for strike, call in strikes) / price

    reach = (30.0 / days) ** 0.3
    shocked = (max(vol * (1.0 + 0.5 * reach), 0.5), vol, max(vol * (1.0 - 0.25 * reach), 1e-6))
    costs = [worth(spot * (1.0 + 0.04 * k), at) - worth(spot, vol) for k in range(-4, 5) for at in shocked]
    rows = [option(-10.0, spot, strike, days, vol, call=call, inverse=True) for strike, call in strikes]
    found = margin_rule("deribit_portfolio", coin="BTC", at_ns=AT_NS).requirement(book_of(*rows, spot=spot))
    worst = 10.0 * max(costs) * spot
    assert dict(found.parts)["worst case"] == pytest.approx(worst, rel=1e-8)
    assert expected is None or worst == pytest.approx(expected, abs=1.0)


def test_an_option_right_before_its_expiry_has_a_finite_margin() -> None:
    rule = margin_rule("deribit_portfolio", coin="BTC", at_ns=AT_NS)
    for days in (1e-4, 1e-9, 1e-13):  # at the instant itself, a book refuses it by name
        row = option(-10.0, SPOT, SPOT, days, 0.6, call=True, inverse=True)
        found = rule.requirement(book_of(row, spot=SPOT))
        # 10 calls at the money, up by 16 %: 1.6 coins of 58,000 each, which are worth 0.16/1.16 coins at that price.
        assert dict(found.parts)["worst case"] == pytest.approx(10.0 * 0.16 / 1.16 * SPOT, rel=0.01)


def test_delta_shock_of_a_large_delta() -> None:
    rule = margin_rule("deribit_portfolio", coin="BTC", at_ns=AT_NS)
    assert isinstance(rule, GridPortfolio)
    table = rule.tables[0]
    threshold = 20e6 / SPOT
    no, yes = np.array([False, False]), np.array([False, True])
    assert delta_shock(table, np.array([threshold, 0.0]), no, SPOT) == 0.0
    size = threshold + 1_000.0
    assert delta_shock(table, np.array([-size, 0.0]), no, SPOT) == pytest.approx(size * 1_000.0 * 0.00005 * SPOT)
    assert delta_shock(table, np.array([size, 1e6]), yes, SPOT) == pytest.approx(size * 1_000.0 * 0.00005 * SPOT)
    assert delta_shock(table, np.array([size, -1e6]), yes, SPOT) == 0.0
    assert delta_shock(table, np.array([1e6, 0.0]), no, SPOT) == pytest.approx(1e6 * 0.1 * SPOT)


def test_a_fraction_with_options() -> None:
    table = next(line for line in rules_of("deribit", AT_NS).margin if isinstance(line, OptionMargin))
    rule = FractionMargin(initial=0.1, maintenance=0.05, options=table)
    row = option(-1.0, SPOT, 50_000.0, 20.0, 0.7, call=True, inverse=True)
    mark = black(SPOT, 50_000.0, 20 / 365, 0.7, call=True)
    found = rule.requirement(book_of(row, perpetual(2.0, SPOT, inverse=True), spot=SPOT))
    assert found.initial == pytest.approx(0.1 * 2.0 * SPOT + 0.15 * SPOT + mark, rel=1e-9)
    (only,) = rule.rows(
        book_of(row, spot=SPOT), book_of(perpetual(1.0, SPOT, inverse=True), row, spot=SPOT), np.zeros(2)
    )
    assert only.start == pytest.approx(0.15 * SPOT + mark, rel=1e-9)
    np.testing.assert_allclose(only.short, [0.1 * SPOT, 0.15 * SPOT + mark])
    np.testing.assert_allclose(only.long, [0.1 * SPOT, 0.0])
    with pytest.raises(InputError, match="the maintenance margin not above the initial one"):
        FractionMargin(initial=0.1, maintenance=0.2)


def test_a_perpetual_is_liquidated_step_by_step_until_its_margin_is_covered() -> None:
    """20 BTC sold with too little margin: the fewest steps of 2,000 USD that make the margin enough."""
    rule = margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS)
    terms = liquidation_steps("deribit_standard", coin="BTC", at_ns=AT_NS)
    assert (terms.futures_step, terms.futures_fee, terms.option_fee) == (2_000.0, 0.0075, 0.002)
    book = book_of(perpetual(-20.0, SPOT, inverse=True), coin(0.219), spot=SPOT)
    found = next_liquidation(book, rule, {}, terms)
    assert found is not None
    assert found.quantity == pytest.approx(found.steps * 2_000.0)

    def short_of(steps: int) -> float:
        left = 20.0 - steps * 2_000.0 / SPOT
        return 0.219 - 0.0075 * (20.0 - left) - left * (0.01 + 0.00005 * left)

    assert short_of(found.steps) >= 0.0 > short_of(found.steps - 1)
    after = reduced(book, found.group, found.share, terms)
    assert next_liquidation(after, rule, {}, terms) is None


def test_futures_that_add_to_the_delta_go_first_then_options() -> None:
    rule = margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS)
    terms = LiquidationSteps(
        coins=(Currency("BTC"),),
        settlement="inverse",
        futures_step=2_000.0,
        option_step=1.0,
        valid_from=rules_of("deribit", AT_NS).margin[0].valid_from,
        source="test",
    )
    call = option(-10.0, SPOT, 50_000.0, 20.0, 0.7, call=True, inverse=True)
    sold = book_of(call, perpetual(-1.0, SPOT, inverse=True), future(3.0, SPOT, 20.0, inverse=True), spot=SPOT)
    first = next_liquidation(sold, rule, {}, terms)
    assert first is not None
    assert (first.group, first.share) == (1, 1.0)
    second = next_liquidation(reduced(sold, 1, 1.0, terms), rule, {}, terms)
    assert second is not None
    assert second.group == 0
    assert second.quantity > 0.0
    hedged = book_of(call, perpetual(30.0, SPOT, inverse=True), spot=SPOT)
    third = next_liquidation(hedged, rule, {}, terms)
    assert third is not None
    assert (third.group, third.quantity < 0.0) == (1, True)


def test_paradex_closes_everything() -> None:
    rule = margin_rule("paradex", coin="BTC", at_ns=AT_NS)
    terms = liquidation_steps("paradex", coin="BTC", at_ns=AT_NS, settlement="linear")
    book = book_of(perpetual(-1.0, SPOT, inverse=False), cash(100.0), spot=SPOT)
    found = next_liquidation(book, rule, {}, terms)
    assert found is not None
    assert (found.everything, found.quantity, found.share) == (True, 1.0, 1.0)
    assert next_liquidation(book_of(cash(-5.0), spot=SPOT), rule, {}, terms) is None
    assert (
        next_liquidation(book_of(perpetual(-1.0, SPOT, inverse=False), cash(1e6), spot=SPOT), rule, {}, terms) is None
    )


def test_steps_that_are_not_on_file_are_named() -> None:
    for name in ("okx", "fraction"):
        with pytest.raises(InputError, match="is not on file"):
            liquidation_steps(name, coin="BTC", at_ns=AT_NS)
    book = book_of(perpetual(-1.0, SPOT, inverse=True), spot=SPOT)
    empty = LiquidationSteps(
        coins=(Currency("BTC"),),
        settlement="inverse",
        valid_from=rules_of("deribit", AT_NS).margin[0].valid_from,
        source="test",
    )
    with pytest.raises(InputError, match="without a step"):
        next_liquidation(book, margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS), {}, empty)


def test_hedged_books_need_less_of_deribits_portfolio_margin() -> None:
    """What the venue says portfolio margin is for: positions that offset each other."""
    standard = margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS)
    portfolio = margin_rule("deribit_portfolio", coin="BTC", at_ns=AT_NS)
    call = option(-10.0, SPOT, 50_000.0, 20.0, 0.6, call=True, inverse=True)
    calendar = (perpetual(10.0, SPOT, inverse=True), future(-10.0, SPOT, 60.0, inverse=True))
    spread = (call, option(10.0, SPOT, 52_000.0, 20.0, 0.6, call=True, inverse=True))
    for rows in (calendar, spread):
        book = book_of(*rows, spot=SPOT)
        assert portfolio.requirement(book).initial < standard.requirement(book).initial
    # A perpetual alone is the contrary: 16 % of the price against 2 % of the notional.
    alone = book_of(perpetual(10.0, SPOT, inverse=True), spot=SPOT)
    assert portfolio.requirement(alone).initial > standard.requirement(alone).initial


@pytest.mark.parametrize("name", [name for name in RULES if name != "fraction"])
@pytest.mark.parametrize("of", ["BTC", "ETH", "SOL"])
def test_the_first_day_of_a_rule_is_the_first_on_which_it_can_be_made(name: str, of: str) -> None:
    since = rule_since(name, coin=of)
    if since is None:
        with pytest.raises(InputError, match=f"for {of} is on file; "):
            margin_rule(name, coin=of, at_ns=ns("2099-01-01"))
        return
    assert margin_rule(name, coin=of, at_ns=ns(str(since))).name
    with pytest.raises(InputError, match=f"the first on file holds from {since}"):
        margin_rule(name, coin=of, at_ns=ns(str(since)) - 1)
