"""What a swap would do: the answer that every kind of pool gives."""

from dataclasses import dataclass

from hedgerow.core.errors import InputError
from hedgerow.market.pool_states import PoolFields, PoolStorage


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapPreview:
    """A swap that has not happened.

    Parameters
    ----------
    amount_in, amount_out : int
        What is paid and what is received. [smallest units of their tokens]
    fee : int
        Part of what is paid (of what is received, where a pool takes its fee there) that is fee. [smallest units]
    pool : PoolStorage
        The pool afterwards.
    """

    amount_in: int
    amount_out: int
    fee: int
    pool: PoolStorage


def check_swap(pool: PoolFields, token_in: int, token_out: int, amount_in: int) -> None:
    """Refuse what is no swap of a pool.

    Parameters
    ----------
    pool : PoolFields
        The pool.
    token_in, token_out : int
        Tokens by their place in the pool, from zero. [index]
    amount_in : int
        What is paid. [smallest units]

    Raises
    ------
    InputError
        If a token is not one of the pool's, both are the same, or nothing is paid.
    """
    count = len(pool.tokens)
    if not (0 <= token_in < count and 0 <= token_out < count) or token_in == token_out:
        raise InputError(
            f"{pool.name}: a swap of token {token_in} for token {token_out}",
            f"name two different ones of its {count} tokens, counted from 0",
        )
    if amount_in <= 0:
        raise InputError(f"{pool.name}: a swap of {amount_in}", "pay in a positive amount, in smallest units")
