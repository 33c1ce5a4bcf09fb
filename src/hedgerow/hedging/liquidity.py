"""The exact amount of derivatives that offsets a liquidity position: perpetuals, dated futures and options.

The exposure is everything that moves with the coin: what a burn would pay, uncollected fees, the wallet, and the coins
that lie as margin. Leaving the margin out is the usual mistake with inverse contracts: their margin is the coin itself.
Spot and forwards move in proportion, as in the rest of the house, so a contract's price is a multiple of the spot.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError, SolveError, SolveFault


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinExposure:
    """Everything of one account that moves with a coin, but for the contracts that hedge it.

    Parameters
    ----------
    liquidity : float
        Coins that burning the positions would pay. [coin]
    fees : float
        Uncollected fees. [coin]
    wallet : float
        Coins held elsewhere. [coin]
    margin_coins : float
        Coins that lie as margin, deposits and realised P&L, without what open contracts have gained. [coin]
    """

    liquidity: float
    fees: float = 0.0
    wallet: float = 0.0
    margin_coins: float = 0.0

    @property
    def delta(self) -> float:
        """The sum: dW/dS of all of it. [coin]"""
        return self.liquidity + self.fees + self.wallet + self.margin_coins


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeContract:
    """A perpetual or a dated future in which to hedge.

    Parameters
    ----------
    inverse : bool
        True if it is settled in the coin.
    price : float
        At which it trades now; over the spot, that is its basis. [USD per coin]
    spot : float
        Price of the coin. [USD per coin]
    contract_size : float
        Size of one contract. [USD when inverse, else coin]
    """

    inverse: bool
    price: float
    spot: float
    contract_size: float = 1.0

    def __post_init__(self) -> None:
        for name, value in (("price", self.price), ("spot", self.spot), ("contract_size", self.contract_size)):
            if not 0.0 < value < math.inf:
                raise InputError(f"{name} = {value}", "prices and contract sizes are positive")

    def delta_of(self, contracts: float, entry: float) -> float:
        """Return the delta of an open position.

        Parameters
        ----------
        contracts : float
            Signed size. [contracts]
        entry : float
            Price at which it was entered; only inverse contracts remember it. [USD per coin]

        Returns
        -------
        float
            dW/dS of the position. [coin]

        Raises
        ------
        InputError
            If the entry price is not positive.

        Notes
        -----
        An inverse contract of one USD pays 1/F0 - 1/F coins, with F = ratio·S that is S/F0 - 1/ratio USD: linear in S.
        So its delta is 1/F0 for ever, and its gamma in USD is zero. A linear one pays F - F0 USD: its delta is F/S.

        References
        ----------
        Deribit, contract specifications of inverse and linear perpetuals and futures; differentiation.
        """
        if not 0.0 < entry < math.inf:
            raise InputError(f"an entry price of {entry}", "entry prices are positive")
        unit = 1.0 / entry if self.inverse else self.price / self.spot
        return contracts * self.contract_size * unit


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidityHedge:
    """A hedge of liquidity positions with one contract.

    Parameters
    ----------
    trade : float
        Contracts to buy, negative to sell. [contracts]
    contracts : float
        Held after the trade. [contracts]
    unit_delta : float
        Delta of one new contract. [coin per contract]
    exposure : float
        Delta of everything but the contracts. [coin]
    residual : float
        Delta that is left, less the wanted one. [coin]
    hedge_ratio : float
        Minus the contracts' delta over the exposure; zero where there is none. [fraction]
    """

    trade: float
    contracts: float
    unit_delta: float
    exposure: float
    residual: float
    hedge_ratio: float


def hedge_liquidity(
    exposure: CoinExposure,
    contract: HedgeContract,
    *,
    held: float = 0.0,
    entry: float | None = None,
    ratio: float = 1.0,
    wanted_delta: float = 0.0,
) -> LiquidityHedge:
    """Return the trade that offsets an exposure with a perpetual or a dated future, linear or inverse.

    Parameters
    ----------
    exposure : CoinExposure
        Liquidity, fees, wallet and margin.
    contract : HedgeContract
        What is traded, at its price now.
    held : float
        Contracts that are open already. [contracts]
    entry : float or None
        Their entry price; needed where some inverse ones are open. [USD per coin]
    ratio : float
        Share of the exposure to offset: one, or ``minimum_variance`` of an imperfect contract. [fraction]
    wanted_delta : float
        What delta to have. [coin]

    Returns
    -------
    LiquidityHedge
        The trade, what is held after it, and what is left. [as its fields]

    Raises
    ------
    InputError
        If the entry price of open inverse contracts is missing, or a number is not finite.

    Notes
    -----
    An inverse short of N USD entered at P0 beside m coins of margin has delta m - N/P0; so with exposure D to offset
    N = P0·(D + m). With a dated future P0 is its own price, not the spot.

    References
    ----------
    First derivative of the account's value in the spot; Hull (2022), Options, Futures, and Other Derivatives, 11th
    edition, section 3.4, for the ratio.

    Examples
    --------
    >>> perpetual = HedgeContract(inverse=True, price=2_000.0, spot=2_000.0, contract_size=10.0)
    >>> hedge_liquidity(CoinExposure(liquidity=4.0, fees=0.1, margin_coins=0.9), perpetual).trade
    -1000.0
    """
    _check_finite(held=held, ratio=ratio, wanted_delta=wanted_delta, exposure=exposure.delta)
    if held and contract.inverse and entry is None:
        raise InputError(f"{held:g} inverse contracts without an entry price", "their delta depends on it: give entry")
    open_delta = contract.delta_of(held, contract.price if entry is None else entry)
    unit_delta = contract.delta_of(1.0, contract.price)
    target = -ratio * (exposure.delta - wanted_delta)
    trade = (target - open_delta) / unit_delta
    total = open_delta + trade * unit_delta
    return LiquidityHedge(
        trade=trade,
        contracts=held + trade,
        unit_delta=unit_delta,
        exposure=exposure.delta,
        residual=exposure.delta + total - wanted_delta,
        hedge_ratio=-total / exposure.delta if exposure.delta else 0.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumVariance:
    """The hedge ratio that leaves the least variance.

    Parameters
    ----------
    ratio : float
        Covariance of the returns over the variance of the contract's. [fraction]
    standard_error : float
        Of the ratio. [fraction]
    correlation : float
        Of the returns. [pure]
    residual_share : float
        Share of the variance that no size of the hedge takes away: 1 - correlation². [fraction]
    """

    ratio: float
    standard_error: float
    correlation: float
    residual_share: float


def minimum_variance(
    spot_returns: Float64[np.ndarray, " n_return"], contract_returns: Float64[np.ndarray, " n_return"]
) -> MinimumVariance:
    """Return the hedge ratio of a contract that does not follow the coin exactly.

    Parameters
    ----------
    spot_returns : ndarray of shape (n_return,)
        Returns of what the exposure is priced with. [fraction per interval]
    contract_returns : ndarray of shape (n_return,)
        Returns of the contract over the same intervals. [fraction per interval]

    Returns
    -------
    MinimumVariance
        Ratio with standard error, correlation, and what stays. [as its fields]

    Raises
    ------
    InputError
        If there are fewer than three returns or not as many of each, the contract never moved, or one is not finite.

    References
    ----------
    Ederington (1979), Journal of Finance 34:157, doi 10.1111/j.1540-6261.1979.tb02077.x; Hull (2022), section 3.4.
    """
    if spot_returns.size != contract_returns.size:
        told = f"{spot_returns.size} returns of the coin and {contract_returns.size} of the contract"
        raise InputError(told, "give both over the same intervals")
    if spot_returns.size < 3 or not np.all(np.isfinite(spot_returns) & np.isfinite(contract_returns)):
        raise InputError(f"{spot_returns.size} returns", "give three or more, all finite")
    spot, contract = spot_returns - np.mean(spot_returns), contract_returns - np.mean(contract_returns)
    squares, whole = float(contract @ contract), float(spot @ spot)
    if squares == 0.0 or whole == 0.0:
        raise InputError("returns that never change", "give returns that were observed")
    both = float(spot @ contract)
    ratio, correlation = both / squares, both / math.sqrt(squares * whole)
    left = float(np.sum((spot - ratio * contract) ** 2))
    return MinimumVariance(
        ratio=ratio,
        standard_error=math.sqrt(left / (spot.size - 2) / squares),
        correlation=correlation,
        residual_share=left / whole,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionLeg:
    """An option that may be bought against the gamma of liquidity.

    Parameters
    ----------
    delta : float
        dW/dS of one option. [coin]
    gamma : float
        d²W/dS² of one option. [coin per USD]
    cost : float
        Fee and half-spread of one option. [USD]
    premium_coins : float
        What is paid for it in coins; zero where it is paid in USD. [coin]
    limit : float
        Largest size, bought or sold. [options]
    """

    delta: float
    gamma: float
    cost: float
    premium_coins: float = 0.0
    limit: float = math.inf

    @property
    def net_delta(self) -> float:
        """The net transaction delta of a purchase: the coins that were paid are gone. [coin]"""
        return self.delta - self.premium_coins


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaGammaHedge:
    """Options against gamma, and a contract without gamma against the delta that is left.

    Parameters
    ----------
    options : ndarray of shape (n_option,)
        To buy, negative to sell. [options]
    coins : float
        Delta to buy with perpetuals or futures. [coin]
    cost : float
        Fees and half-spreads of all legs. [USD]
    """

    options: Float64[np.ndarray, " n_option"]
    coins: float
    cost: float


def delta_gamma_hedge(
    delta: float, gamma: float, options: Sequence[OptionLeg], *, cost_per_coin: float = 0.0
) -> DeltaGammaHedge:
    """Offset delta and gamma of a liquidity position at least cost.

    Parameters
    ----------
    delta : float
        Delta of the exposure, margin included. [coin]
    gamma : float
        Its gamma in USD; negative for liquidity. [coin per USD]
    options : sequence of OptionLeg
        One or more. With one there is no choice; among several a linear program takes the cheapest mix.
    cost_per_coin : float
        Fee and half-spread of one coin of the perpetual. [USD]

    Returns
    -------
    DeltaGammaHedge
        Options, coins of delta, cost. [as its fields]

    Raises
    ------
    InputError
        If there is no option with gamma, a cost is negative, or a number is not finite.
    SolveError
        If the limits leave gamma that cannot be offset.

    Notes
    -----
    Perpetuals and futures have no gamma in USD, inverse ones neither, so the options fix gamma alone. A linear program
    has an optimum at a corner: one option, unless limits bind. Give the optimizer the same legs where vega counts too.

    References
    ----------
    Hull (2022), Options, Futures, and Other Derivatives, 11th edition, section 19.6: making a portfolio gamma neutral.

    Examples
    --------
    >>> hedge = delta_gamma_hedge(4.0, -0.002, [OptionLeg(delta=0.5, gamma=0.001, cost=3.0)])
    >>> hedge.options, hedge.coins, hedge.cost
    (array([2.]), -5.0, 6.0)
    """
    if not any(one.gamma for one in options):
        raise InputError(f"{len(options)} options without gamma", "give one that has some")
    _check_finite(delta=delta, gamma=gamma, cost_per_coin=cost_per_coin)
    for one in options:
        _check_finite(delta=one.delta, gamma=one.gamma, cost=one.cost, premium_coins=one.premium_coins)
    if cost_per_coin < 0.0 or any(one.cost < 0.0 or not one.limit > 0.0 for one in options):
        raise InputError("a negative cost, or a limit that is not positive", "costs are paid, limits are sizes")
    sizes = _least_cost(delta, gamma, options, cost_per_coin)
    coins = -delta - float(sum(size * one.net_delta for size, one in zip(sizes, options, strict=True)))
    cost = sum(abs(size) * one.cost for size, one in zip(sizes, options, strict=True)) + cost_per_coin * abs(coins)
    return DeltaGammaHedge(options=frozen(sizes), coins=coins, cost=float(cost))


def _check_finite(**numbers: float) -> None:
    """Refuse numbers of which nothing can be made."""
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise InputError(f"{name} = {number}", "give a finite number")


def _least_cost(
    delta: float, gamma: float, options: Sequence[OptionLeg], cost_per_coin: float
) -> Float64[np.ndarray, " n_option"]:
    """Sizes of the options: bought and sold parts as columns, scaled so that gamma is one."""
    if gamma == 0.0:
        return np.zeros(len(options))
    if len(options) == 1 and abs(gamma / options[0].gamma) <= options[0].limit:
        return np.array([-gamma / options[0].gamma])
    from scipy.optimize import linprog  # late: scipy takes longer to import than most calls take

    unit = np.array([one.gamma for one in options]) / gamma
    net = np.array([one.net_delta for one in options])
    costs = np.array([one.cost for one in options])
    size = max(abs(delta), float(np.max(np.abs(net))))
    found = linprog(
        np.concatenate((costs, costs, (cost_per_coin, cost_per_coin))),
        A_eq=np.array([[*unit, *-unit, 0.0, 0.0], [*(net / size), *(-net / size), 1.0 / size, -1.0 / size]]),
        b_eq=np.array([-1.0, -delta / size]),
        bounds=[(0.0, one.limit if one.limit < math.inf else None) for one in options] * 2 + [(0.0, None)] * 2,
        method="highs",
    )
    if found.status != 0:
        most = sum(one.limit * abs(one.gamma) for one in options)
        raise SolveError(
            SolveFault.INFEASIBLE, f"a gamma of {gamma:g}, and options with {most:g} in all", "raise limits"
        )
    n_option = len(options)
    return np.asarray(found.x[:n_option] - found.x[n_option : 2 * n_option])
