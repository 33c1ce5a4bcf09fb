"""One covariance for the factors of several coins, so that a contract on one can hedge a book on another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.book.factors import FactorModel, RiskSettings, factor_model
from hedgerow.book.simulated import joint_correlation
from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.ids import Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class JointFactors:
    """Factor models of several coins, one after the other, with the covariance of all.

    Parameters
    ----------
    models : dict of str to FactorModel
        By coin, in order.
    covariance : ndarray of shape (n_factor, n_factor)
        Of all factors: the first coin's, the second's, and so on. [pure]
    """

    models: dict[Currency, FactorModel]
    covariance: Float64[np.ndarray, "n_factor n_factor"]

    def place(self, coin: str) -> slice:
        """Return where a coin's factors lie.

        Parameters
        ----------
        coin : str
            Its ticker.

        Returns
        -------
        slice
            Of the rows of loadings. [0-based]
        """
        start = 0
        for name, model in self.models.items():
            size = model.covariance.shape[0]
            if name == coin:
                return slice(start, start + size)
            start += size
        raise KeyError(coin)


def joint_factors(
    settings: Mapping[Currency, RiskSettings],
    expiries_ns: Mapping[Currency, Sequence[int]],
    as_of_ns: int,
    *,
    correlation: Float64[np.ndarray, "n_coin n_coin"],
    vol_correlation: Float64[np.ndarray, "n_coin n_coin"] | None = None,
) -> JointFactors:
    """Join the factor models of several coins.

    Parameters
    ----------
    settings : mapping of str to RiskSettings
        The factor model of each coin; one horizon for all.
    expiries_ns : mapping of str to sequence of int
        Expiries whose vols are factors, by coin. [UTC epoch ns]
    as_of_ns : int
        The instant of the markets. [UTC epoch ns]
    correlation : ndarray of shape (n_coin, n_coin)
        Of the spots, in the order of ``settings``. [-1 to 1]
    vol_correlation : ndarray of shape (n_coin, n_coin) or None
        Of what moves vols beside the spots; None takes that of the spots. [-1 to 1]

    Returns
    -------
    JointFactors
        Positive semidefinite by construction; the moves of ``simulate_joint`` have this covariance. [pure]

    Raises
    ------
    InputError
        As ``simulate_joint``.

    References
    ----------
    Schur product theorem: Horn and Johnson (2013), "Matrix Analysis", theorem 7.5.3. Products of Gaussians: Isserlis
    (1918), Biometrika 12:134.
    """
    among = joint_correlation(settings, expiries_ns, as_of_ns, correlation=correlation, vol_correlation=vol_correlation)
    models = {coin: factor_model(one, expiries_ns[coin], as_of_ns) for coin, one in settings.items()}
    spots, vols, squares, first, place = [], [], [], 0, len(models)
    for model in models.values():
        count = len(model.expiries_ns)
        spots.append(first)
        squares.append(first + 1)
        vols.append((np.arange(first + 2, first + 2 + count), np.arange(place, place + count)))
        first, place = first + 2 + count, place + count
    deviation = np.sqrt(np.concatenate([np.diag(model.covariance) for model in models.values()]))
    correlations = np.eye(first)
    # The order of the simulation is all spots, then all vols; squares of spots correlate as the spots do, squared.
    here = np.concatenate([np.array(spots), *(mine for mine, _ in vols)]).astype(np.int64)
    correlations[np.ix_(here, here)] = among
    correlations[np.ix_(squares, squares)] = among[: len(spots), : len(spots)] ** 2
    return JointFactors(models=models, covariance=frozen(correlations * np.outer(deviation, deviation)))
