"""What no contract could have stored: the checks that structs of pools share, each naming the pool and the field."""

from collections.abc import Collection
from typing import Final

from hedgerow.core.errors import InputError

WORD: Final = 2**256
"""Numbers of a contract are below this. [pure]"""

MOST_DECIMALS: Final = 36
"""Beyond these, rates of Curve's pools would be no whole numbers. [digits]"""


def check_numbers(name: str, numbers: dict[str, int], *, below: int = WORD, least: int = 0) -> None:
    """Refuse numbers that are too low, or do not fit into the contract's word.

    Parameters
    ----------
    name : str
        The pool's name. [text]
    numbers : dict of str to int
        Fields and what they hold. [any]
    below : int
        First number that does not fit. [any]
    least : int
        Lowest that is right: zero for what may be empty, one for what has to be positive. [any]

    Raises
    ------
    InputError
        If one of them is out of these bounds.

    References
    ----------
    Uniswap v2-core, v3-core and v4-core, Balancer v2 and Curve: the types of the contracts' storage.
    """
    for field, number in numbers.items():
        if number < least:
            told = "positive" if least == 1 else "not negative" if least == 0 else f"{least} or more"
            raise InputError(f"{name}: {field} is {number}", f"it is {told}: read it from the contract again")
        if number >= below:
            raise InputError(f"{name}: {field} is {number}", f"the contract keeps numbers below {below}: read it again")


def check_each(
    name: str, field: str, numbers: Collection[int], count: int, *, least: int = 0, below: int = WORD
) -> None:
    """Refuse a list that has not one right number for each token.

    Parameters
    ----------
    name : str
        The pool's name. [text]
    field : str
        Of the struct. [text]
    numbers : collection of int
        What it holds. [any]
    count : int
        How many there have to be. [count]
    least, below : int
        As ``check_numbers``. [any]

    Raises
    ------
    InputError
        If there are more or fewer, or one is out of the bounds.

    References
    ----------
    As ``check_numbers``.
    """
    if len(numbers) != count:
        raise InputError(f"{name}: {field} holds {len(numbers)} numbers, not {count}", "give one for each token")
    check_numbers(name, {f"{field}[{i}]": number for i, number in enumerate(numbers)}, least=least, below=below)


def check_fees(name: str, fees: dict[str, int], one: int, *, whole: bool = False) -> None:
    """Refuse fees that are not a part of what they are taken from.

    Parameters
    ----------
    name : str
        The pool's name. [text]
    fees : dict of str to int
        Fields and what they hold. [1/one]
    one : int
        All of it, in the contract's unit. [1/one]
    whole : bool
        True where a fee may take all, as a share of another fee may.

    Raises
    ------
    InputError
        If a fee is negative, or takes all.

    References
    ----------
    Definition of a fee, in the unit of each contract.
    """
    for field, fee in fees.items():
        if not 0 <= fee < one + whole:
            bound = f"from 0 to {one}" if whole else f"from 0 to below {one}"
            raise InputError(f"{name}: {field} is {fee}", f"give it {bound}, where {one} is all")


def check_decimals(name: str, decimals: Collection[int], most: int) -> None:
    """Refuse decimals that no token of the pool can have.

    Parameters
    ----------
    name : str
        The pool's name. [text]
    decimals : collection of int
        Of its tokens. [digits]
    most : int
        Most that its contract can scale. [digits]

    Raises
    ------
    InputError
        If a token has fewer than none, or more than that.

    References
    ----------
    Balancer v2, BasePool.sol, _computeScalingFactor: at most 18; ERC-20, decimals().
    """
    for i, digits in enumerate(decimals):
        if not 0 <= digits <= most:
            raise InputError(f"{name}: tokens[{i}].decimals is {digits}", f"a token of this pool has 0 to {most}")
