"""Shares of a pool: checked against what the pool has issued."""

from hedgerow.core.errors import InputError
from hedgerow.instruments.liquidity import PoolShare
from hedgerow.market.pool_states import PoolFields


def checked_share(pool: PoolFields, position: PoolShare, total_supply: int) -> int:
    """Return how many shares a position has, if the pool has issued as many.

    Parameters
    ----------
    pool : PoolFields
        The pool.
    position : PoolShare
        The shares.
    total_supply : int
        What the pool has issued. [smallest units]

    Returns
    -------
    int
        The shares. [smallest units]

    Raises
    ------
    InputError
        If there are more shares than the pool has issued.

    References
    ----------
    ERC-20: no balance exceeds the total supply.
    """
    if position.shares > total_supply:
        raise InputError(
            f"{position.name}: {position.shares} shares of {pool.name}, which has issued {total_supply}",
            "shares and pool must be of one block",
        )
    return position.shares
