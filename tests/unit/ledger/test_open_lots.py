"""Open lots against a plain list of them, across the bounds of chunks, and what a change leaves untouched."""

from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.errors import InputError
from hedgerow.core.money import wide
from hedgerow.ledger import Lot, LotMethod, OpenLots, open_lots

METHODS: tuple[LotMethod, ...] = get_args(LotMethod)
Plain: TypeAlias = list[tuple[int, Fraction, int]]
"""When, how much, at what, in the order of opening."""


def lots_of(*prices: int, quantity: int = 1) -> OpenLots:
    lots = OpenLots()
    for at_ns, price in enumerate(prices):
        lots = lots.add(Lot(quantity=Decimal(quantity), price=Decimal(price), at_ns=at_ns))
    return lots


def taken_from(plain: Plain, quantity: Fraction, method: LotMethod) -> Plain:
    """Take from a list, one lot after the other: slow and plain."""
    taken: Plain = []
    while quantity:
        if method == "HIFO":
            place = min(range(len(plain)), key=lambda i: -plain[i][2] if plain[i][1] > 0 else plain[i][2])
        else:
            place = 0 if method == "FIFO" else -1
        at_ns, held, price = plain[place]
        part = min(abs(held), quantity) * (1 if held > 0 else -1)
        taken.append((at_ns, part, price))
        quantity -= abs(part)
        if part == held:
            plain.pop(place)
        else:
            plain[place] = (at_ns, held - part, price)
    return taken


def plainly(lots: "OpenLots | tuple[Lot, ...]") -> Plain:
    return [(lot.at_ns, Fraction(lot.quantity), int(lot.price)) for lot in lots]


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(0, 12)), max_size=60),
    st.sampled_from(METHODS),
    st.sampled_from([1, -1]),
    st.sampled_from([2, 3, 8]),
)
def test_chunks_are_as_one_list(steps: list[tuple[int, int, int]], method: LotMethod, sign: int, size: int) -> None:
    lots, plain, kept = OpenLots(), Plain(), []
    with pytest.MonkeyPatch.context() as patch, wide():
        patch.setattr(open_lots, "_CHUNK", size)
        for at_ns, (quantity, price, closing) in enumerate(steps):
            lots = lots.add(Lot(quantity=Decimal(sign * quantity), price=Decimal(price), at_ns=at_ns))
            plain.append((at_ns, Fraction(sign * quantity), price))
            held = sum(abs(item[1]) for item in plain)
            closing = min(closing if closing > 4 else 0, int(held))  # now and then much at once
            taken, lots = lots.take(Decimal(closing), method)
            assert plainly(taken) == taken_from(plain, Fraction(closing), method)
            assert plainly(lots) == plain
            assert len(lots) == len(plain)
            assert all(chunk.lots for chunk in lots.chunks)
            assert len(lots.chunks) <= 4 * len(plain) / size + 1, "closing does not leave crumbs"
            kept.append((lots, list(plain)))
        assert all(plainly(before) == then for before, then in kept), "what was there before a change is as it was"


@pytest.mark.parametrize("method", METHODS)
def test_a_change_among_many_lots_touches_a_few(method: LotMethod) -> None:
    lots = lots_of(*(1000 + i * 7919 % 5003 for i in range(20_000)), quantity=2)
    before = {id(chunk) for chunk in lots.chunks}
    assert len(before) < 200
    _, after = lots.take(Decimal(3), method)
    assert len(after) == 19_999
    assert sum(id(chunk) not in before for chunk in after.chunks) <= 2
    more = after.add(Lot(quantity=Decimal(2), price=Decimal(5)))
    assert sum(id(chunk) not in {id(one) for one in after.chunks} for chunk in more.chunks) == 1


def test_more_than_there_is_cannot_be_taken() -> None:
    with pytest.raises(InputError, match="1 contracts are to be closed that no lot holds"):
        lots_of(5, 6, 7).take(Decimal(4), "FIFO")
    with pytest.raises(InputError, match="2 contracts are to be closed that no lot holds"):
        OpenLots().take(Decimal(2), "HIFO")


def test_lots_are_equal_by_what_they_hold() -> None:
    after = lots_of(4, 5, 6).take(Decimal(1), "FIFO")[1]
    same = OpenLots().add(Lot(quantity=Decimal(1), price=Decimal(5), at_ns=1))
    same = same.add(Lot(quantity=Decimal(1), price=Decimal(6), at_ns=2))
    assert after == same
    assert hash(after) == hash(same)
    assert after != lots_of(5, 6)
    assert OpenLots() != ()
