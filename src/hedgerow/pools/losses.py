"""What providing liquidity loses: against holding, against rebalancing, and the fees that make up for it.

The rate of loss-versus-rebalancing follows from the gamma of any position: arbitrage trades against it along its own
curve, and to second order a move dp costs half of dp·gamma·dp.
"""

import math
from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pools.covariance import check_covariance
from hedgerow.pools.curve import Curve
from hedgerow.pools.expected_loss import expected_loss_rate as expected_loss_rate
from hedgerow.pools.point_prices import checked_prices


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingLoss:
    """A position beside the tokens that it was made from.

    Parameters
    ----------
    value : ndarray of shape (n_point,)
        The position, without fees. [numeraire]
    held : ndarray of shape (n_point,)
        The tokens at entry, kept. [numeraire]
    loss : ndarray of shape (n_point,)
        Impermanent loss: value less held; not positive on one curve. [numeraire]
    fraction : ndarray of shape (n_point,)
        The loss over what holding is worth. [fraction]
    """

    value: Float64[np.ndarray, " n_point"]
    held: Float64[np.ndarray, " n_point"]
    loss: Float64[np.ndarray, " n_point"]
    fraction: Float64[np.ndarray, " n_point"]


def loss_against_holding(
    value: Float64[np.ndarray, " n_point"],
    entry_amounts: Float64[np.ndarray, " n_token"],
    prices: Float64[np.ndarray, "n_point n_token"],
) -> HoldingLoss:
    """Compare a position with the tokens that were paid in, kept.

    Parameters
    ----------
    value : ndarray of shape (n_point,)
        The position now; with its fees, if these shall count. [numeraire]
    entry_amounts : ndarray of shape (n_token,)
        Tokens that were paid in. [tokens]
    prices : ndarray of shape (n_point, n_token)
        Prices of the tokens now. [numeraire per token]

    Returns
    -------
    HoldingLoss
        Value, holding and loss. [as its fields]

    Raises
    ------
    InputError
        If an entry amount is negative or all are zero, a price is not positive, or a number is not finite.

    References
    ----------
    Aigner, Dhaliwal (2021), Uniswap: impermanent loss and risk profile of a liquidity provider, section 2.
    """
    known = np.all(np.isfinite(entry_amounts)) and np.all(np.isfinite(value))
    if not known or np.any(entry_amounts < 0.0) or not np.any(entry_amounts > 0.0):
        raise InputError("amounts that are no numbers, negative, or all zero", "give the tokens that were paid in")
    checked_prices(prices, entry_amounts.size)
    held = prices @ entry_amounts
    loss = value - held
    return HoldingLoss(
        value=frozen(np.array(value)), held=frozen(held), loss=frozen(loss), fraction=frozen(loss / held)
    )


def impermanent_loss(
    curve: Curve, entry_prices: Float64[np.ndarray, " n_token"], prices: Float64[np.ndarray, "n_point n_token"]
) -> HoldingLoss:
    """Return the impermanent loss of a position that was entered at known prices.

    Parameters
    ----------
    curve : Curve
        The position's curve.
    entry_prices : ndarray of shape (n_token,)
        Prices at entry, where the tokens paid in are those of the curve. [numeraire per token]
    prices : ndarray of shape (n_point, n_token)
        Prices now. [numeraire per token]

    Returns
    -------
    HoldingLoss
        Value, holding and loss, without fees. [as its fields]

    References
    ----------
    Aigner, Dhaliwal (2021), Uniswap: impermanent loss and risk profile of a liquidity provider, section 2.
    """
    entry = curve.at(np.array(entry_prices)[None, :])
    return loss_against_holding(curve.at(prices).value, entry.amounts[0], prices)


def rebalancing_loss_rate(
    gamma: Float64[np.ndarray, "n_position n_token n_token"],
    prices: Float64[np.ndarray, " n_token"],
    covariance: Float64[np.ndarray, "n_token n_token"],
) -> Float64[np.ndarray, " n_position"]:
    """Return the rate of loss-versus-rebalancing: -1/2 of the sum over i, j of gamma_ij·p_i·p_j·cov_ij.

    Parameters
    ----------
    gamma : ndarray of shape (n_position, n_token, n_token)
        Derivatives of the amounts in the prices. [tokens per unit of price]
    prices : ndarray of shape (n_token,)
        Prices of the tokens. [numeraire per token]
    covariance : ndarray of shape (n_token, n_token)
        Covariance of the tokens' log-returns in the numeraire; zero in the row of the numeraire itself.
        [per year]

    Returns
    -------
    ndarray of shape (n_position,)
        The rate, a loss is positive. [numeraire per year]

    Raises
    ------
    InputError
        If the matrix is not a covariance, a price is not positive, or gamma is not finite.

    Notes
    -----
    The rate does not depend on the numeraire but through its unit: returns of all tokens that move together by the
    numeraire's own return drop out, because V is homogeneous in the prices and gamma·p is zero.

    References
    ----------
    Milionis, Moallemi, Roughgarden, Zhang (2022), Automated Market Making and Loss-Versus-Rebalancing,
    arXiv 2208.06046, theorem 1.

    Examples
    --------
    >>> gamma = np.array([[[-0.25, 0.25], [0.25, -0.25]]])
    >>> rebalancing_loss_rate(gamma, np.array([1.0, 1.0]), pair_covariance(0.8))
    array([0.08])
    """
    check_covariance(covariance, prices.size)
    checked_prices(prices[None, :], prices.size)
    if not np.all(np.isfinite(gamma)):
        raise InputError("a gamma that is no number", "give that of a curve")
    exposed = gamma * np.multiply.outer(prices, prices) * covariance
    return frozen(-0.5 * np.sum(exposed, axis=(1, 2)))


def pair_covariance(vol: float) -> Float64[np.ndarray, "2 2"]:
    """Return the covariance of two tokens whose relative price has a vol: all of it in the first token.

    Parameters
    ----------
    vol : float
        Vol of the price of token0 in token1. [fraction per root of a year]

    Returns
    -------
    ndarray of shape (2, 2)
        Covariance in the token1 numeraire; good in any for what depends on the relative price only. [per year]

    Raises
    ------
    InputError
        If the vol is negative or not finite.

    References
    ----------
    Milionis, Moallemi, Roughgarden, Zhang (2022), arXiv 2208.06046, theorem 1, two assets.
    """
    if not 0.0 <= vol < math.inf:
        raise InputError(f"a vol of {vol}", "a vol is zero or positive")
    return np.array([[vol * vol, 0.0], [0.0, 0.0]])


def fee_apr(fees: float, value: float, window_years: float) -> float:
    """Return the rate at which observed fees pay on a position, not compounded.

    Parameters
    ----------
    fees : float
        Fees of a window. [numeraire]
    value : float
        What the position was worth, on average over the window. [numeraire]
    window_years : float
        Length of the window. [years]

    Returns
    -------
    float
        The rate. [fraction per year]

    Raises
    ------
    InputError
        If the value or the window is not positive, or the fees are negative.

    References
    ----------
    Definition: fees over value and time.

    Examples
    --------
    >>> round(fee_apr(120.0, 50_000.0, 7 / 365), 4)
    0.1251
    """
    if not (0.0 <= fees < math.inf and 0.0 < value < math.inf and 0.0 < window_years < math.inf):
        raise InputError(
            f"fees of {fees:g} on a value of {value:g} over {window_years:g} years",
            "give fees that are not negative, a positive value and a positive window",
        )
    return fees / value / window_years


def break_even_apr(loss_rate: float, value: float, *, hedge_cost_rate: float = 0.0) -> float:
    """Return the fee rate below which a hedged position loses money.

    Parameters
    ----------
    loss_rate : float
        Loss-versus-rebalancing. [numeraire per year]
    value : float
        Value of the position. [numeraire]
    hedge_cost_rate : float
        What keeping the hedge costs: fees, spread, funding, gas. [numeraire per year]

    Returns
    -------
    float
        The rate. [fraction per year]

    Raises
    ------
    InputError
        If the value is not positive, the loss is negative, or a number is not finite.

    References
    ----------
    Milionis, Moallemi, Roughgarden, Zhang (2022), arXiv 2208.06046, section on the hedged LP's P&L: fees less the
    loss.

    Examples
    --------
    >>> break_even_apr(0.64 / 8 * 1_000.0, 1_000.0)
    0.08
    """
    if not (0.0 <= loss_rate < math.inf and 0.0 < value < math.inf and math.isfinite(hedge_cost_rate)):
        raise InputError(
            f"a loss of {loss_rate:g} and a hedge of {hedge_cost_rate:g} a year on a value of {value:g}",
            "give a loss >= 0 and a value > 0, all finite",
        )
    return (loss_rate + hedge_cost_rate) / value


def break_even_volume(loss_rate: float, fee: float, share: float, *, hedge_cost_rate: float = 0.0) -> float:
    """Return the volume through a pool whose fees pay for the loss.

    Parameters
    ----------
    loss_rate : float
        Loss-versus-rebalancing of the position. [numeraire per year]
    fee : float
        Fee of a swap that goes to liquidity. [fraction of the volume]
    share : float
        The position's share of the liquidity that earns it, between 0 and 1. [fraction]
    hedge_cost_rate : float
        What keeping the hedge costs. [numeraire per year]

    Returns
    -------
    float
        The volume. [numeraire per year]

    Raises
    ------
    InputError
        If fee or share is not a positive fraction, or the loss is negative.

    References
    ----------
    Fees of volume v are share·fee·v; set equal to ``break_even_apr`` times the value.

    Examples
    --------
    >>> round(break_even_volume(80.0, 0.003, 0.01))
    2666667
    """
    losses = 0.0 <= loss_rate < math.inf and math.isfinite(hedge_cost_rate)
    if not (losses and 0.0 < fee < 1.0 and 0.0 < share <= 1.0):
        raise InputError(
            f"a loss of {loss_rate:g}, a fee of {fee:g} and a share of {share:g}",
            "give a loss >= 0, a fee between 0 and 1 and a share up to 1",
        )
    return (loss_rate + hedge_cost_rate) / (fee * share)
