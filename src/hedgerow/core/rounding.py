"""Amounts in smallest units, so that nothing is lost: what rounding leaves is stated, not dropped."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from hedgerow.core.errors import InputError
from hedgerow.core.money import WIDE, is_positive, wide

_ZERO: Final = Decimal(0)


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """Round an amount to whole smallest units, half to even.

    Parameters
    ----------
    amount : Decimal
        Any finite amount. [currency]
    unit : Decimal
        A power of ten, for example 0.00000001 for BTC. [currency]

    Returns
    -------
    Decimal
        With as many digits after the point as the unit has. [currency]

    Raises
    ------
    InputError
        If the amount is not finite, has more digits down to the unit than money has, or the unit is no power of ten.

    Examples
    --------
    >>> rounded(Decimal("0.000000015"), Decimal("0.00000001"))
    Decimal('2E-8')
    """
    if not amount.is_finite():
        raise InputError(f"an amount of {amount} cannot be rounded", "give a finite amount")
    if not is_positive(unit) or unit.normalize().as_tuple().digits != (1,):
        raise InputError(f"a smallest unit of {unit}", "give a power of ten")
    if amount and amount.adjusted() - unit.adjusted() + 2 > WIDE.prec:  # one more: rounding may carry
        raise InputError(f"{amount} in units of {unit} has more than {WIDE.prec} digits", "give a smaller amount")
    with wide():
        return amount.quantize(unit, rounding=ROUND_HALF_EVEN) + _ZERO


def left_by_rounding(amounts: Sequence[Decimal], unit: Decimal) -> Decimal:
    """Return what is missing when amounts are rounded one by one.

    Parameters
    ----------
    amounts : sequence of Decimal
        Exact ones. [currency]
    unit : Decimal
        A power of ten. [currency]

    Returns
    -------
    Decimal
        The rounded sum less the sum of the rounded: whole units, added to the latter it gives the former. [currency]

    Raises
    ------
    InputError
        If an amount or their sum is not finite or has more digits than money has, or the unit is no power of ten.

    Examples
    --------
    >>> left_by_rounding([Decimal("0.004")] * 5, Decimal("0.01"))
    Decimal('0.02')
    """
    with wide():
        return rounded(sum(amounts, _ZERO), unit) - sum((rounded(amount, unit) for amount in amounts), _ZERO)
