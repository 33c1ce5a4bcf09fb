"""Covariances of tokens' returns: what is refused, and what they say of prices counted in one of the tokens."""

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError


def check_covariance(covariance: Float64[np.ndarray, "n_token n_token"], n_token: int) -> None:
    """Refuse what is no covariance: of other tokens, not symmetric, or with a direction of negative variance.

    Parameters
    ----------
    covariance : ndarray of shape (n_token, n_token)
        Covariance of the tokens' log-returns. [per year]
    n_token : int
        Number of tokens. [count]

    Raises
    ------
    InputError
        If it has another shape, is not symmetric and finite, or has a negative eigenvalue.

    References
    ----------
    Definition of a covariance: symmetric and positive semidefinite.
    """
    if covariance.shape != (n_token, n_token):
        raise InputError(f"a covariance of shape {covariance.shape}", f"there are {n_token} tokens: give each pair")
    size = float(np.max(np.abs(covariance), initial=0.0))
    if not np.all(np.isfinite(covariance)) or np.any(np.abs(covariance - covariance.T) > 1e-12 * size):
        raise InputError("a covariance that is not symmetric and finite", "give one number for each pair of tokens")
    if size > 0.0 and float(np.linalg.eigvalsh(covariance)[0]) < -1e-10 * size:
        raise InputError("a covariance with a negative eigenvalue", "give vols and correlations that go together")


def relative_covariance(
    covariance: Float64[np.ndarray, "n_token n_token"],
) -> Float64[np.ndarray, "n_other n_other"]:
    """Return the covariance of the prices of all tokens but the first, counted in the first.

    Parameters
    ----------
    covariance : ndarray of shape (n_token, n_token)
        Covariance of the tokens' log-returns in any numeraire. [per year]

    Returns
    -------
    ndarray of shape (n_token - 1, n_token - 1)
        Covariance of the log-returns less that of token 0. [per year]

    References
    ----------
    Bilinearity: cov(a - c, b - c) = cov(a, b) - cov(a, c) - cov(c, b) + var(c).
    """
    first = covariance[0, 1:]
    return np.asarray(covariance[1:, 1:] - first[:, None] - first[None, :] + covariance[0, 0])
