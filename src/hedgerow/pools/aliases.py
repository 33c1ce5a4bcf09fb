"""What tokens stand for: wrapped and staked coins, and stablecoins if the user says so.

An alias says how many units of an asset one token is. No rate is built in but that of wrapped coins: one. An asset may
be an alias itself, of staked ETH that is wrapped for example: rates multiply along the chain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """What a token stands for.

    Parameters
    ----------
    asset : str
        The asset.
    rate : float
        Units of it that one token is. [asset per token]
    """

    asset: Currency
    rate: float

    def __post_init__(self) -> None:
        if not 0.0 < self.rate < float("inf"):
            raise InputError(f"a rate of {self.rate} {self.asset} per token", "rates are positive")


WRAPPED: Final[Mapping[str, Alias]] = {
    "WETH": Alias(asset=Currency("ETH"), rate=1.0),
    "WBTC": Alias(asset=Currency("BTC"), rate=1.0),
}
"""Tokens that are redeemed one for one."""


def standing_for(symbol: str, known: Mapping[str, Alias]) -> Alias:
    """Return the asset for which a token stands in the end, and the rate along the way.

    Parameters
    ----------
    symbol : str
        The token. [text]
    known : mapping of str to Alias
        What tokens stand for; one without an alias is an asset of its own. [asset per token]

    Returns
    -------
    Alias
        The last asset of the chain. [asset per token]

    Raises
    ------
    InputError
        If the chain comes back to a token.

    References
    ----------
    Rates multiply: units of the last asset in one of the first token.

    Examples
    --------
    >>> known = {"wstETH": Alias(asset="stETH", rate=1.2), "stETH": Alias(asset="ETH", rate=1.0)}
    >>> standing_for("wstETH", known)
    Alias(asset='ETH', rate=1.2)
    """
    found = Alias(asset=Currency(symbol), rate=1.0)
    seen = [symbol]
    while found.asset in known:
        step = known[found.asset]
        if step.asset == found.asset and step.rate == 1.0:
            break
        if step.asset in seen:
            raise InputError(
                f"aliases that go round: {' = '.join([*seen, step.asset])}", "let the last one be an asset of its own"
            )
        seen.append(step.asset)
        found = Alias(asset=step.asset, rate=found.rate * step.rate)
    return found
