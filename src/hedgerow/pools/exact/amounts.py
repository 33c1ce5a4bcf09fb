"""How much of each token lies between two prices, and where an amount moves the price; rounding both ways."""

from hedgerow.core.errors import InputError
from hedgerow.pools.exact.integers import MASK256


def amount0_between(sqrt_a_x96: int, sqrt_b_x96: int, liquidity: int, round_up: bool) -> int:
    """Token0 that some liquidity holds between two prices: L·(1/sqrt(a) - 1/sqrt(b)).

    Parameters
    ----------
    sqrt_a_x96, sqrt_b_x96 : int
        Square roots of prices, in any order. [2^96]
    liquidity : int
        Liquidity. [raw liquidity units]
    round_up : bool
        True if the pool receives it.

    Returns
    -------
    int
        Amount. [smallest units of token0]

    References
    ----------
    Uniswap v3-core, SqrtPriceMath.sol, getAmount0Delta.
    """
    if sqrt_a_x96 > sqrt_b_x96:
        sqrt_a_x96, sqrt_b_x96 = sqrt_b_x96, sqrt_a_x96
    # two floors (or two ceilings) one after the other are one of the product
    numerator, denominator = (liquidity << 96) * (sqrt_b_x96 - sqrt_a_x96), sqrt_a_x96 * sqrt_b_x96
    return -(-numerator // denominator) if round_up else numerator // denominator


def amount1_between(sqrt_a_x96: int, sqrt_b_x96: int, liquidity: int, round_up: bool) -> int:
    """Token1 that some liquidity holds between two prices: L·(sqrt(b) - sqrt(a)).

    Parameters
    ----------
    sqrt_a_x96, sqrt_b_x96 : int
        Square roots of prices, in any order. [2^96]
    liquidity : int
        Liquidity. [raw liquidity units]
    round_up : bool
        True if the pool receives it.

    Returns
    -------
    int
        Amount. [smallest units of token1]

    References
    ----------
    Uniswap v3-core, SqrtPriceMath.sol, getAmount1Delta.
    """
    product = liquidity * abs(sqrt_b_x96 - sqrt_a_x96)
    return -(-product >> 96) if round_up else product >> 96


def sqrt_price_after_input(sqrt_price_x96: int, liquidity: int, amount: int, zero_for_one: bool) -> int:
    """Where an amount that is paid in moves the price; never further than it pays for.

    Parameters
    ----------
    sqrt_price_x96 : int
        Square root of the price before. [2^96]
    liquidity : int
        In range, positive. [raw liquidity units]
    amount : int
        Paid in, without fee. [smallest units]
    zero_for_one : bool
        True if token0 is paid in.

    Returns
    -------
    int
        Square root of the price after. [2^96]

    References
    ----------
    Uniswap v3-core, SqrtPriceMath.sol, getNextSqrtPriceFromInput.
    """
    if not zero_for_one:
        return sqrt_price_x96 + (amount << 96) // liquidity
    if amount == 0:
        return sqrt_price_x96
    scaled, product = liquidity << 96, amount * sqrt_price_x96
    if scaled + product <= MASK256:
        return -(-scaled * sqrt_price_x96 // (scaled + product))
    # where the product does not fit into a word, the contract divides first
    return -(-scaled // (scaled // sqrt_price_x96 + amount))


def sqrt_price_after_output(sqrt_price_x96: int, liquidity: int, amount: int, zero_for_one: bool) -> int:
    """Where an amount that is paid out moves the price; never less far than it costs.

    Parameters
    ----------
    sqrt_price_x96 : int
        Square root of the price before. [2^96]
    liquidity : int
        In range, positive. [raw liquidity units]
    amount : int
        Paid out. [smallest units]
    zero_for_one : bool
        True if token1 is paid out.

    Returns
    -------
    int
        Square root of the price after. [2^96]

    Raises
    ------
    InputError
        If the liquidity does not hold so much.

    References
    ----------
    Uniswap v3-core, SqrtPriceMath.sol, getNextSqrtPriceFromOutput.
    """
    if zero_for_one:
        after = sqrt_price_x96 + (-amount << 96) // liquidity
        if after > 0:
            return after
    else:
        scaled, product = liquidity << 96, amount * sqrt_price_x96
        if product <= MASK256 and scaled > product:
            return -(-scaled * sqrt_price_x96 // (scaled - product))
    raise InputError(f"an output of {amount}", "ask for less: the liquidity in range does not hold so much")
