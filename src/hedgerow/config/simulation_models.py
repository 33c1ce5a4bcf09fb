"""How the price moves in a study on simulated paths: ``[model]`` and ``[resample]``, as in ``docs/simulate.md``."""

from typing import Literal, TypeAlias

import msgspec


class GbmLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="gbm"):
    """``[model]``: a constant vol.

    Parameters
    ----------
    sigma : float
        The vol. [fraction per square root of a year]
    mu : float
        Real-world drift. [per year]
    """

    sigma: float
    mu: float = 0.0


class HestonLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="heston"):
    """``[model]``: Heston's.

    Parameters
    ----------
    v0, kappa, theta, vol_of_vol, rho : float
        As in ``pricing.models.Heston``.
    mu : float
        Real-world drift. [per year]
    """

    v0: float
    kappa: float
    theta: float
    vol_of_vol: float
    rho: float
    mu: float = 0.0


class MertonLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="merton"):
    """``[model]``: Merton's.

    Parameters
    ----------
    vol, jump_intensity, jump_mean, jump_vol : float
        As in ``pricing.models.Merton``.
    mu : float
        Real-world drift, jumps included. [per year]
    """

    vol: float
    jump_intensity: float
    jump_mean: float
    jump_vol: float
    mu: float = 0.0


class BatesLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="bates"):
    """``[model]``: Bates's.

    Parameters
    ----------
    v0, kappa, theta, vol_of_vol, rho, jump_intensity, jump_mean, jump_vol : float
        As in ``pricing.models.Bates``.
    mu : float
        Real-world drift, jumps included. [per year]
    """

    v0: float
    kappa: float
    theta: float
    vol_of_vol: float
    rho: float
    jump_intensity: float
    jump_mean: float
    jump_vol: float
    mu: float = 0.0


class SvcjLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="svcj"):
    """``[model]``: Heston's variance, with jumps that hit price and variance at once.

    Parameters
    ----------
    v0, kappa, theta, vol_of_vol, rho, jump_intensity, jump_mean, jump_vol : float
        As in ``pricing.models.SVCJ``.
    variance_jump_mean, jump_correlation : float
        As there.
    mu : float
        Real-world drift, jumps included. [per year]
    """

    v0: float
    kappa: float
    theta: float
    vol_of_vol: float
    rho: float
    jump_intensity: float
    jump_mean: float
    jump_vol: float
    variance_jump_mean: float
    jump_correlation: float
    mu: float = 0.0


class SabrLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="sabr"):
    """``[model]``: SABR.

    Parameters
    ----------
    alpha, beta, vol_of_vol, rho : float
        As in ``pricing.models.SABR``.
    mu : float
        Real-world drift. [per year]
    """

    alpha: float
    beta: float
    vol_of_vol: float
    rho: float
    mu: float = 0.0


class LognormalLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="lognormal_sv"
):
    """``[model]``: a log-normal vol that reverts to its mean.

    Parameters
    ----------
    vol0, theta, kappa1, kappa2, beta, vol_of_vol : float
        As in ``pricing.models.LogNormalSV``.
    mu : float
        Real-world drift. [per year]
    """

    vol0: float
    theta: float
    kappa1: float
    kappa2: float
    beta: float
    vol_of_vol: float
    mu: float = 0.0


ModelLine: TypeAlias = GbmLine | HestonLine | MertonLine | BatesLine | SvcjLine | SabrLine | LognormalLine


class ResampleLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[resample]``: real returns in blocks, in place of a model.

    Parameters
    ----------
    file : str
        Parquet or CSV, relative to the study file.
    column : str
        The price at the end of each bar.
    ts : str
        The instant of each bar, UTC.
    bar_hours : float
        Length of a bar; rows that are farther apart are a hole, over which no return is taken. [hours]
    block_bars : int
        Returns that stay together. [count]
    drift : {"demeaned", "recorded"}
        Whether the mean of the simple returns is taken out.
    where : dict of str to str
        Only rows with these values in these columns.
    """

    file: str
    column: str
    ts: str = "ts"
    bar_hours: float = 1.0
    block_bars: int = 24
    drift: Literal["demeaned", "recorded"] = "demeaned"
    where: dict[str, str] = {}
