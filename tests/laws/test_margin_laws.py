"""Laws of margin: rules against plain sums, rows against rules, scaling, liquidation."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.book import CompiledBook, Row, kernels, value_book
from hedgerow.margin import (
    FractionMargin,
    MarginRule,
    account_margin,
    covering_equity,
    liquidation_move,
    liquidation_moves,
    liquidation_steps,
    margin_rule,
    next_liquidation,
    reduced,
)
from hedgerow.margin.deribit import GridPortfolio
from hedgerow.margin.derive import DeriveMargin
from hedgerow.margin.paradex import ParadexPortfolio
from hedgerow.venue_rules import rules_of
from hedgerow.venue_rules.tables import ScanMargin
from margin_books import AT_NS, black, black_delta, book_of, cash, coin, future, option, perpetual

SPOT = 70_000.0

sizes = st.floats(-20.0, 20.0).filter(lambda x: abs(x) > 0.01)
strikes = st.floats(0.5, 2.0).map(lambda x: round(x * SPOT, -2))
days = st.sampled_from([2.0, 9.0, 30.0, 90.0])
vols = st.floats(0.2, 1.5)


@st.composite
def options(draw: st.DrawFn, *, inverse: bool) -> Row:
    """An option."""
    return option(draw(sizes), SPOT, draw(strikes), draw(days), draw(vols), call=draw(st.booleans()), inverse=inverse)


@st.composite
def futures(draw: st.DrawFn, *, inverse: bool) -> Row:
    """A perpetual or a dated future."""
    mark = SPOT * draw(st.floats(0.97, 1.03))
    if draw(st.booleans()):
        return perpetual(draw(sizes), SPOT, inverse=inverse, mark=mark)
    return future(draw(sizes), SPOT, draw(days), inverse=inverse, mark=mark)


def positions(*, inverse: bool, least: int = 1) -> st.SearchStrategy[list[Row]]:
    """Some positions of one settlement."""
    return st.lists(options(inverse=inverse) | futures(inverse=inverse), min_size=least, max_size=5)


def contracts(*, inverse: bool) -> st.SearchStrategy[list[Row]]:
    """One contract of each of some instruments."""
    return positions(inverse=inverse).map(lambda rows: [row._replace(quantity=abs(row.quantity)) for row in rows])


def _after(rows: list[Row], traded: list[Row], trades: list[float]) -> CompiledBook:
    """Return the book after trades in instruments of one contract each."""
    moved = [row._replace(quantity=row.quantity * x) for row, x in zip(traded, trades, strict=True)]
    return book_of(*rows, *moved, spot=SPOT)


def _largest(rule: MarginRule, rows: list[Row], traded: list[Row], held: list[float], trades: list[float]) -> float:
    """Return the largest row at trades."""
    found = rule.rows(book_of(*rows, spot=SPOT), book_of(*traded, spot=SPOT), np.array(held))
    x, total = np.array(trades), np.array(held) + np.array(trades)
    return max(
        row.start
        + float(row.linear @ x)
        + float(row.long @ np.maximum(total, 0.0))
        + float(row.short @ np.maximum(-total, 0.0))
        for row in found
    )


def _scan_by_hand(table: ScanMargin, rows: list[Row], spot: float, funding_8h: float) -> tuple[float, float]:
    """Return Paradex's margin from Black's formula, position by position and scenario by scenario."""
    worst, deltas, fees, funding = 0.0, [], 0.0, 0.0
    for scenario in table.scenarios:
        pnl = 0.0
        for row in rows:
            if row.kind == kernels.LINEAR_FUTURE:
                pnl += row.quantity * row.ratio * spot * scenario.spot
                continue
            forward, call, dte = row.ratio * spot, row.sign > 0.0, row.expiry_years * 365.0
            power = table.vols.short_power if dte < 30.0 else table.vols.long_power
            vol = row.vol * (1.0 + scenario.vol * (30.0 / max(table.vols.day_floor, dte)) ** power)
            vol = max(vol, table.vols.least_up if scenario.vol > 0.0 else 0.0)
            after = black(forward * (1.0 + scenario.spot), row.strike, row.expiry_years, vol, call=call)
            pnl += row.quantity * (after - black(forward, row.strike, row.expiry_years, row.vol, call=call))
        worst = max(worst, -scenario.weight * pnl)
    for row in rows:
        if row.kind == kernels.LINEAR_FUTURE:
            deltas.append(row.quantity * row.ratio)
            fees += table.fee * abs(row.quantity) * row.ratio * spot
            funding += funding_8h * row.quantity * spot if row.expiry_ns is None else 0.0
        else:
            forward, call = row.ratio * spot, row.sign > 0.0
            deltas.append(
                row.quantity * row.ratio * black_delta(forward, row.strike, row.expiry_years, row.vol, call=call)
            )
            mark = black(forward, row.strike, row.expiry_years, row.vol, call=call)
            fees += abs(row.quantity) * min(table.fee * spot, table.fee_cap * mark)
    net, gross = abs(sum(deltas)), sum(map(abs, deltas))
    needed = max(worst, (table.net_delta * net + table.hedged_delta * (gross - net) / 2.0) * spot)
    provisions = max(funding, 0.0) + fees
    return needed + provisions, table.maintenance * needed + provisions


@given(rows=positions(inverse=False), funding=st.sampled_from([0.0, 0.0004, -0.0002]))
def test_paradex_equals_its_formulas_written_out(rows: list[Row], funding: float) -> None:
    rule = margin_rule("paradex", coin="BTC", at_ns=AT_NS, funding_8h=funding)
    assert isinstance(rule, ParadexPortfolio)
    found = rule.requirement(book_of(*rows, cash(1e6), spot=SPOT))
    initial, maintenance = _scan_by_hand(rule.table, rows, SPOT, funding)
    assert found.initial == pytest.approx(initial, rel=1e-9, abs=1e-6)
    assert found.maintenance == pytest.approx(maintenance, rel=1e-9, abs=1e-6)
    assert dict(found.parts)["funding"] >= 0.0


@given(
    rows=positions(inverse=False, least=0),
    traded=contracts(inverse=False),
    funding=st.sampled_from([0.0, 0.0004]),
    data=st.data(),
)
def test_rows_of_paradex_are_its_margin(
    rows: list[Row], traded: list[Row], funding: float, data: st.DataObject
) -> None:
    held, trades = (data.draw(st.lists(sizes, min_size=len(traded), max_size=len(traded))) for _ in range(2))
    rule = margin_rule("paradex", coin="BTC", at_ns=AT_NS, funding_8h=funding)
    after = rule.requirement(_after(rows, traded, [h + x for h, x in zip(held, trades, strict=True)])).initial
    assert _largest(rule, rows, traded, held, trades) == pytest.approx(after, rel=1e-9, abs=1e-5)


@given(rows=positions(inverse=True, least=0), traded=contracts(inverse=True), data=st.data())
def test_rows_of_deribits_portfolio_margin_are_it_without_delta_shock(
    rows: list[Row], traded: list[Row], data: st.DataObject
) -> None:
    held, trades = (data.draw(st.lists(sizes, min_size=len(traded), max_size=len(traded))) for _ in range(2))
    rule = margin_rule("deribit_portfolio", coin="BTC", at_ns=AT_NS)
    found = rule.requirement(_after(rows, traded, [h + x for h, x in zip(held, trades, strict=True)]))
    after = found.initial - dict(found.parts)["delta shock"]
    largest = _largest(rule, rows, traded, held, trades)
    assert largest <= after * (1.0 + 1e-9) + 1e-5
    expiries = {row.expiry_ns for row in traded}
    if len(expiries) <= 3:
        assert largest == pytest.approx(after, rel=1e-9, abs=1e-5)


@given(
    size=st.floats(1.0, 50_000.0), sold=st.booleans(), name=st.sampled_from(["deribit_standard", "deribit_portfolio"])
)
def test_rows_are_not_above_the_margin_of_any_size(size: float, sold: bool, name: str) -> None:
    """Far beyond the sizes at which they touch it, rows are what the plan begins with, not what it ends with."""
    rule = margin_rule(name, coin="BTC", at_ns=AT_NS)
    one, trade = perpetual(1.0, SPOT, inverse=True), -size if sold else size
    after = rule.requirement(_after([], [one], [trade])).initial
    assert _largest(rule, [], [one], [0.0], [trade]) <= after * (1.0 + 1e-9)
    assert _largest(rule, [], [one], [trade], [0.0]) <= after * (1.0 + 1e-9)


@given(rows=positions(inverse=True, least=0), traded=contracts(inverse=True), data=st.data())
def test_rows_of_standard_margin_are_below_it_and_touch_it(
    rows: list[Row], traded: list[Row], data: st.DataObject
) -> None:
    held, trades = (data.draw(st.lists(sizes, min_size=len(traded), max_size=len(traded))) for _ in range(2))
    rule = margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS)
    total = [h + x for h, x in zip(held, trades, strict=True)]
    after = rule.requirement(_after(rows, traded, total)).initial
    largest = _largest(rule, rows, traded, held, trades)
    growing = sum(
        0.00005 * (row.quantity * x / (row.ratio * SPOT)) ** 2 * row.ratio * SPOT
        for row, x in zip(traded, total, strict=True)
        if row.kind == kernels.INVERSE_FUTURE
    )
    assert largest <= after * (1.0 + 1e-9) + 1e-6
    assert largest >= after * (1.0 - 1e-9) - growing - 1e-6
    futures_traded = [row for row in traded if row.kind == kernels.INVERSE_FUTURE]
    if len(futures_traded) == 1:
        smallest = (0.02 / 0.00005 / 1024.0) ** 2 * 0.00005 * SPOT * 1.1
        assert largest >= after * (1.0 - 1e-9) - 0.03 * growing - smallest


@st.composite
def spreads(draw: st.DrawFn) -> list[Row]:
    """Options of few strikes and expiries, so that long ones cover short ones."""
    near = st.sampled_from([0.9, 1.0, 1.1]).map(lambda x: x * SPOT)
    whole = st.integers(-5, 5).filter(bool).map(float)
    return [
        option(
            draw(whole),
            SPOT,
            draw(near),
            draw(st.sampled_from([9.0, 30.0])),
            0.6,
            call=draw(st.booleans()),
            inverse=False,
        )
        for _ in range(draw(st.integers(0, 5)))
    ]


@given(
    rows=spreads() | positions(inverse=False, least=0),
    traded=spreads().map(lambda rows: [row._replace(quantity=abs(row.quantity)) for row in rows])
    | contracts(inverse=False),
    data=st.data(),
)
def test_rows_of_derive_are_its_margin_before_trades_and_not_below_it_after(
    rows: list[Row], traded: list[Row], data: st.DataObject
) -> None:
    if not traded:
        return
    some = st.sampled_from([0.0, 0.0, 1.0, -1.0, 2.5, -4.0])
    held, trades = (data.draw(st.lists(some, min_size=len(traded), max_size=len(traded))) for _ in range(2))
    rule = margin_rule("derive", coin="BTC", at_ns=AT_NS)
    assert isinstance(rule, DeriveMargin)

    def needed(total: list[float]) -> float:
        kept = [(row, q) for row, q in zip(traded, total, strict=True) if q]
        return rule.requirement(_after(rows, [row for row, _ in kept], [q for _, q in kept])).initial

    now = needed(held)
    assert _largest(rule, rows, traded, held, [0.0] * len(traded)) == pytest.approx(now, rel=1e-9, abs=1e-5)
    # Prices beyond all strikes held are left out where a short call loses more by them alone.
    calls = [(row.expiry_ns, row.quantity * q) for row, q in _all_of(rows, traded, held) if _is_call(row)]
    if all(sum(q for at, q in calls if at == expiry) >= 0.0 for expiry, _ in calls):
        after = needed([h + x for h, x in zip(held, trades, strict=True)])
        assert _largest(rule, rows, traded, held, trades) >= after * (1.0 - 1e-9) - 1e-5


def _all_of(rows: list[Row], traded: list[Row], held: list[float]) -> list[tuple[Row, float]]:
    return [*((row, 1.0) for row in rows), *zip(traded, held, strict=True)]


def _is_call(row: Row) -> bool:
    return row.kind == kernels.LINEAR_OPTION and row.sign > 0.0


def test_a_short_call_of_a_derive_spread_counts_once_it_is_bare() -> None:
    # 1 call bought at 50,000, 1 sold at 49,000: 1,000 USD are at stake. Five of the bought ones sold: five are bare.
    rule = margin_rule("derive", coin="BTC", at_ns=AT_NS)
    sold, bought = (option(q, 50_000.0, k, 20.0, 0.6, call=True, inverse=False) for q, k in ((-1.0, 49e3), (1.0, 50e3)))
    rows = rule.rows(book_of(sold, spot=50_000.0), book_of(bought, spot=50_000.0), np.array([1.0]))

    def at(x: float) -> float:
        return max(
            row.start + float(row.linear[0] * x + row.long[0] * max(1 + x, 0) + row.short[0] * max(-1 - x, 0))
            for row in rows
        )

    assert at(0.0) == pytest.approx(1000.0)
    bare = rule.requirement(book_of(sold, bought._replace(quantity=-4.0), spot=50_000.0)).initial
    assert at(-5.0) >= bare > 40_000.0


@given(rows=positions(inverse=False))
def test_derive_never_asks_for_more_than_its_positions_one_by_one(rows: list[Row]) -> None:
    """The venue says so: of the sum of short options and the largest loss, the lesser one counts."""
    rule = margin_rule("derive", coin="BTC", at_ns=AT_NS)
    together = rule.requirement(book_of(*rows, spot=SPOT))
    alone = [rule.requirement(book_of(row, spot=SPOT)) for row in rows]
    assert together.initial <= sum(one.initial for one in alone) * (1.0 + 1e-9) + 1e-6
    assert together.maintenance <= sum(one.maintenance for one in alone) * (1.0 + 1e-9) + 1e-6


@given(rows=positions(inverse=False), other=positions(inverse=False))
def test_paradex_never_asks_for_more_of_two_books_together(rows: list[Row], other: list[Row]) -> None:
    rule = margin_rule("paradex", coin="BTC", at_ns=AT_NS)
    both = rule.requirement(book_of(*rows, *other, spot=SPOT)).initial
    apart = sum(rule.requirement(book_of(*some, spot=SPOT)).initial for some in (rows, other))
    assert both <= apart * (1.0 + 1e-9) + 1e-6


@given(
    rows=positions(inverse=False),
    scale=st.floats(0.1, 10.0),
    name=st.sampled_from(["paradex", "derive"]),
)
def test_twice_the_book_needs_twice_the_margin(rows: list[Row], scale: float, name: str) -> None:
    rule = margin_rule(name, coin="BTC", at_ns=AT_NS)
    once = rule.requirement(book_of(*rows, spot=SPOT))
    more = rule.requirement(book_of(*(row._replace(quantity=row.quantity * scale) for row in rows), spot=SPOT))
    assert more.initial == pytest.approx(scale * once.initial, rel=1e-9, abs=1e-6)
    assert more.maintenance == pytest.approx(scale * once.maintenance, rel=1e-9, abs=1e-6)


@given(
    rows=positions(inverse=False),
    unit=st.sampled_from([0.001, 0.25, 1000.0]),
    name=st.sampled_from(["paradex", "derive"]),
)
def test_a_coin_cut_in_pieces_needs_the_same_margin(rows: list[Row], unit: float, name: str) -> None:
    """Prices per piece are so much smaller, sizes so much larger: margins in USD stay."""
    rule = margin_rule(name, coin="BTC", at_ns=AT_NS)
    whole = rule.requirement(book_of(*rows, spot=SPOT))
    cut = [row._replace(quantity=row.quantity / unit, strike=row.strike * unit, entry=row.entry * unit) for row in rows]
    pieces = rule.requirement(book_of(*cut, spot=SPOT * unit))
    assert pieces.initial == pytest.approx(whole.initial, rel=1e-9, abs=1e-6)
    assert pieces.maintenance == pytest.approx(whole.maintenance, rel=1e-9, abs=1e-6)


@given(size=st.floats(0.1, 500.0), more=st.floats(1.0, 3.0), sold=st.booleans(), inverse=st.booleans())
def test_margin_of_futures_grows_faster_than_their_size(size: float, more: float, sold: bool, inverse: bool) -> None:
    rule = margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS)
    sign = -1.0 if sold else 1.0
    small, large = (
        rule.requirement(book_of(perpetual(sign * q, SPOT, inverse=inverse), spot=SPOT)) for q in (size, size * more)
    )
    assert large.initial >= more * small.initial * (1.0 - 1e-12)
    assert small.initial > small.maintenance > 0.0


@given(rows=positions(inverse=True), held=st.floats(-30.0, 30.0), cut=st.floats(0.0, 1.0))
def test_a_haircut_never_helps(rows: list[Row], held: float, cut: float) -> None:
    rule = margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS)
    book = book_of(*rows, coin(held), spot=SPOT)
    plain, less = covering_equity(book, rule), covering_equity(book, rule, {"BTC": cut})
    assert plain - less == pytest.approx(cut * max(held, 0.0) * SPOT, rel=1e-9, abs=1e-5)


@settings(max_examples=25)
@given(
    leverage=st.floats(1.2, 40.0),
    maintenance=st.floats(0.001, 0.02),
    sold=st.booleans(),
    inverse=st.booleans(),
    size=st.floats(0.1, 50.0),
)
def test_liquidation_moves_of_one_perpetual_are_closed_forms(
    leverage: float, maintenance: float, sold: bool, inverse: bool, size: float
) -> None:
    rule = FractionMargin(initial=0.02, maintenance=maintenance)
    worth = size * SPOT / leverage
    margin = coin(worth / SPOT) if inverse else cash(worth)
    book = book_of(perpetual(-size if sold else size, SPOT, inverse=inverse), margin, spot=SPOT)
    expected = liquidation_move(leverage, maintenance, short=sold, inverse=inverse)
    down, up = liquidation_moves(book, rule)
    found, other = (up, down) if sold else (down, up)
    if expected is None or expected > 9.0:
        assert found is None
    else:
        assert found == pytest.approx(expected, abs=1e-9)
    assert other is None or (sold and inverse and other < -0.99)


@settings(max_examples=25)
@given(rows=positions(inverse=True), held=st.floats(0.5, 80.0))
def test_at_its_liquidation_move_an_account_just_covers_its_maintenance(rows: list[Row], held: float) -> None:
    rule = margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS)
    book = book_of(*rows, coin(held), spot=SPOT)
    needed = account_margin(book, rule)
    assert needed.equity == pytest.approx(float(value_book(book, numeraire="USD")[0].sum()))
    for move in (needed.liquidation_down, needed.liquidation_up):
        if move is None:
            continue
        if needed.covering < needed.maintenance:
            assert move == 0.0
            continue
        moved = replace(book, spot=book.spot * (1.0 + move))
        gap = covering_equity(moved, rule) - rule.requirement(moved).maintenance
        assert abs(gap) <= 1e-6 * max(rule.requirement(moved).maintenance, 1.0)


@given(rows=positions(inverse=True), gap=st.floats(0.0, 0.001))
def test_liquidation_ends_covered_or_flat_and_never_below_zero_without_a_gap(rows: list[Row], gap: float) -> None:
    """An account that has just lost its cover is reduced until it is covered; what is left is not negative."""
    rule = margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS)
    terms = liquidation_steps("deribit_standard", coin="BTC", at_ns=AT_NS)
    alone = book_of(*rows, spot=SPOT)
    needed = rule.requirement(alone).maintenance - covering_equity(alone, rule)
    if rule.requirement(alone).maintenance < 1.0:
        return
    book = book_of(*rows, coin((needed - gap * rule.requirement(alone).maintenance) / SPOT - 1e-9), spot=SPOT)
    trades = 0
    while (found := next_liquidation(book, rule, {}, terms)) is not None:
        assert 0.0 < found.share <= 1.0
        after = reduced(book, found.group, found.share, terms)
        excess = covering_equity(after, rule) - rule.requirement(after).maintenance
        assert found.share == 1.0 or excess >= 0.0
        if found.steps > 1:
            less = reduced(book, found.group, found.share * (found.steps - 1) / found.steps, terms)
            assert covering_equity(less, rule) - rule.requirement(less).maintenance < 1e-9
        book, trades = after, trades + 1
        assert trades <= len(rows)
    kept = rule.requirement(book).maintenance
    assert covering_equity(book, rule) >= kept - 1e-6 or not np.any(np.abs(book.table[: len(rows), 0]) > 1e-12)
    assert covering_equity(book, rule) >= -1e-6 * SPOT


def test_every_named_rule_is_a_margin_rule() -> None:
    for name, base in (("deribit_standard", "ETH"), ("deribit_portfolio", "ETH"), ("okx", "BTC"), ("derive", "SOL")):
        rule = margin_rule(name, coin=base, at_ns=AT_NS)
        assert isinstance(rule, MarginRule)
        assert base in rule.name
    assert isinstance(margin_rule("deribit_portfolio", coin="BTC", at_ns=AT_NS), GridPortfolio)
    assert {line.settlement for line in rules_of("deribit", AT_NS).margin} == {"inverse", "linear"}
    scan = margin_rule("paradex", coin="ETH", at_ns=AT_NS)
    assert isinstance(scan, ParadexPortfolio)
    assert len(scan.table.scenarios) == 24
    assert math.isclose(sum(line.spot for line in scan.table.scenarios[16:]), 15.5 - 0.99)
