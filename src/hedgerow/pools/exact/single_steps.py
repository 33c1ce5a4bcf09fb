"""One step of a swap: from a price towards the next stop, with one liquidity, fees as v3 and v4 take them."""

from typing import NamedTuple

from hedgerow.pools.exact.amounts import sqrt_price_after_input, sqrt_price_after_output
from hedgerow.pools.exact.integers import PIPS


class Step(NamedTuple):
    """What one step of a swap does.

    Parameters
    ----------
    sqrt_price_x96 : int
        Square root of the price after it. [2^96]
    amount_in, amount_out : int
        Paid in without fee, and paid out. [smallest units]
    fee : int
        Paid in on top. [smallest units]
    """

    sqrt_price_x96: int
    amount_in: int
    amount_out: int
    fee: int


class SwapTerms(NamedTuple):
    """What a pool takes of a swap, in one direction.

    Parameters
    ----------
    fee_pips : int
        Of the input, all together. [millionths]
    remainder_is_fee : bool
        Where the input ends between two stops: True (v3) if all that the move of the price does not need is fee, False
        (v4) if the fee is a fixed part of the input.
    protocol_share : int
        v3: the protocol takes 1/n of the fee; 0 for none. [1/n]
    protocol_pips : int
        v4: the protocol takes this of the input; 0 for none. [millionths]
    """

    fee_pips: int
    remainder_is_fee: bool
    protocol_share: int = 0
    protocol_pips: int = 0


def step_in(price: int, target: int, liquidity: int, amount: int, terms: SwapTerms) -> Step:
    """Pay an amount in, up to a price.

    Parameters
    ----------
    price, target : int
        Square roots of the price now, and at the next stop: lower if token0 is paid in. [2^96]
    liquidity : int
        In range. [raw liquidity units]
    amount : int
        What there is to pay, with fee. [smallest units]
    terms : SwapTerms
        The pool's fees.

    Returns
    -------
    Step
        The step. [as its fields]

    References
    ----------
    Uniswap v3-core and v4-core, SwapMath.sol, computeSwapStep.
    """
    fee_pips, zero_for_one = terms.fee_pips, price >= target
    payable = amount * (PIPS - fee_pips) // PIPS
    if zero_for_one:
        to_target = -((liquidity << 96) * (target - price) // (price * target))
    else:
        to_target = -(liquidity * (price - target) >> 96)
    if payable >= to_target:
        after, paid = target, to_target
        fee = -(-to_target * fee_pips // (PIPS - fee_pips)) if fee_pips < PIPS else 0
    else:
        after, paid = sqrt_price_after_input(price, liquidity, payable, zero_for_one), payable
        if terms.remainder_is_fee:
            paid = (
                -((liquidity << 96) * (after - price) // (price * after))
                if zero_for_one
                else -(liquidity * (price - after) >> 96)
            )
        fee = amount - paid
    if zero_for_one:
        return Step(after, paid, liquidity * (price - after) >> 96, fee)
    return Step(after, paid, (liquidity << 96) * (after - price) // (price * after), fee)


def step_out(price: int, target: int, liquidity: int, amount: int, terms: SwapTerms) -> Step:
    """Take an amount out, up to a price.

    Parameters
    ----------
    price, target : int
        Square roots of the price now, and at the next stop: lower if token1 is taken out. [2^96]
    liquidity : int
        In range. [raw liquidity units]
    amount : int
        What there is to take. [smallest units]
    terms : SwapTerms
        The pool's fees.

    Returns
    -------
    Step
        The step. [as its fields]

    References
    ----------
    Uniswap v3-core and v4-core, SwapMath.sol, computeSwapStep.
    """
    zero_for_one = price >= target
    if zero_for_one:
        to_target = liquidity * (price - target) >> 96
    else:
        to_target = (liquidity << 96) * (target - price) // (price * target)
    taken = min(amount, to_target)
    after = target if amount >= to_target else sqrt_price_after_output(price, liquidity, amount, zero_for_one)
    if zero_for_one:
        paid = -((liquidity << 96) * (after - price) // (price * after))
    else:
        paid = -(liquidity * (price - after) >> 96)
    return Step(after, paid, taken, -(-paid * terms.fee_pips // (PIPS - terms.fee_pips)))


def protocol_part(step: Step, terms: SwapTerms) -> int:
    """What the protocol takes of the fee of a step.

    Parameters
    ----------
    step : Step
        The step.
    terms : SwapTerms
        The pool's fees.

    Returns
    -------
    int
        Part of the fee. [smallest units]

    References
    ----------
    Uniswap v3-core, UniswapV3Pool.sol, swap; v4-core, Pool.sol, swap.
    """
    if terms.protocol_share:
        return step.fee // terms.protocol_share
    if terms.protocol_pips == terms.fee_pips:
        return step.fee
    return (step.amount_in + step.fee) * terms.protocol_pips // PIPS
