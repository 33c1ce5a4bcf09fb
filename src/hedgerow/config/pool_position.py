"""What a file says of a position in a pool, as the contract keeps it."""

from hedgerow.core.errors import InputError
from hedgerow.core.ids import PoolName
from hedgerow.instruments import PoolPosition, PoolShare, RangePosition


def pool_position(
    name: str, pool: str, ticks: tuple[int | str | None, int | None, int | None], shares: int | str | None
) -> PoolPosition:
    """Read a range of ticks or a share.

    Parameters
    ----------
    name, pool : str
        Names of the position and its pool.
    ticks : tuple of (int or str, int, int)
        Liquidity, lower and upper tick of a range; None what is not stated. [raw liquidity units], [ticks]
    shares : int, str or None
        Liquidity tokens held; a string where the number does not fit into 64 bits. [smallest units]

    Returns
    -------
    RangePosition or PoolShare
        As the contract keeps it. [as its fields]

    Raises
    ------
    InputError
        If neither or both are stated, or a number breaks a rule of the contract.
    """
    liquidity, lower, upper = ticks
    if shares is not None:
        if ticks != (None, None, None):
            raise InputError(f"{name}: shares beside a range", "a position is one of the two")
        return PoolShare(name=name, pool=PoolName(pool), shares=_whole(name, shares))
    if liquidity is None or lower is None or upper is None:
        raise InputError(
            f"{name}: neither a whole range nor shares", "state liquidity, tick_lower and tick_upper, or shares"
        )
    return RangePosition(
        name=name, pool=PoolName(pool), liquidity=_whole(name, liquidity), tick_lower=lower, tick_upper=upper
    )


def _whole(name: str, stated: int | str) -> int:
    try:
        return int(stated)
    except ValueError:
        raise InputError(f"{name}: {stated!r} is not an integer", "give the contract's integer") from None
