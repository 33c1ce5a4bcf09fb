"""The tables of a study on simulated paths as frozen types. Every key is described in ``docs/simulate.md``."""

from typing import Literal, TypeAlias

import msgspec

from hedgerow.config.pool_position import pool_position
from hedgerow.instruments import PoolPosition
from hedgerow.policy import LelandConstant

Settlement: TypeAlias = Literal["linear", "inverse"]
"""Who is paid what: the quote currency, or the coin."""


class MarketLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[market]``: where paths start.

    Parameters
    ----------
    spot : float
        Price of the coin. [quote per coin]
    """

    spot: float = 100.0


class SoldOption(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[option]``: the one option that is held.

    Parameters
    ----------
    kind : {"call", "put"}
        Which.
    strike : float or None
        None for the spot. [quote per coin]
    expiry_days : float
        Time to expiry. [days]
    days_per_year : float
        Days that make a year of vol and drift. [days]
    quantity : float
        Signed, long > 0. [coins]
    settlement : {"linear", "inverse"}
        Paid in the quote currency, or in coin.
    """

    kind: Literal["call", "put"] = "call"
    strike: float | None = None
    expiry_days: float = 30.0
    days_per_year: float = 365.0
    quantity: float = -1.0
    settlement: Settlement = "linear"


class CallLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="call"):
    """A ``[[position]]``: calls.

    Parameters
    ----------
    strike, expiry_days : float
        As in ``[option]``.
    quantity : float
        Signed, long > 0. [coins]
    settlement : {"linear", "inverse"}
        One for all positions.
    """

    strike: float
    expiry_days: float
    quantity: float = -1.0
    settlement: Settlement = "linear"


class PutLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="put"):
    """A ``[[position]]``: puts.

    Parameters
    ----------
    strike, expiry_days : float
        As in ``[option]``.
    quantity : float
        Signed, long > 0. [coins]
    settlement : {"linear", "inverse"}
        One for all positions.
    """

    strike: float
    expiry_days: float
    quantity: float = -1.0
    settlement: Settlement = "linear"


class FullRangeLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="liquidity_v2"
):
    """A ``[[position]]``: liquidity at all prices.

    Parameters
    ----------
    liquidity : float
        L: worth 2·L·sqrt(price). [square root of coin times quote]
    settlement : {"linear", "inverse"}
        What losses are counted in; one for all positions.
    """

    liquidity: float
    settlement: Settlement = "linear"


class RangeLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="liquidity_v3"
):
    """A ``[[position]]``: liquidity between two prices.

    Parameters
    ----------
    liquidity : float
        L. [square root of coin times quote]
    lower, upper : float
        The range. [quote per coin]
    settlement : {"linear", "inverse"}
        What losses are counted in; one for all positions.
    """

    liquidity: float
    lower: float
    upper: float
    settlement: Settlement = "linear"


class PoolLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="pool"):
    """A ``[[position]]``: a position in a pool of any kind, whose state is in a file.

    Parameters
    ----------
    file : str
        The pool, as ``hedgerow pool show --save`` writes it; relative to the study.
    coins, money : dict of str to float
        What one unit of each token is worth: so many coins, or so much of the quote currency.
        [coins per token], [quote per token]
    liquidity, tick_lower, tick_upper
        A range of a concentrated pool. [raw liquidity units], [ticks]
    shares : int, str or None
        Of any other pool: liquidity tokens held. [smallest units]
    settlement : {"linear", "inverse"}
        What losses are counted in; one for all positions.
    """

    file: str
    coins: dict[str, float] = {}
    money: dict[str, float] = {}
    liquidity: int | str | None = None
    tick_lower: int | None = None
    tick_upper: int | None = None
    shares: int | str | None = None
    settlement: Settlement = "linear"

    def held(self, pool: str) -> PoolPosition:
        """Return what is held.

        Parameters
        ----------
        pool : str
            The pool's name.

        Returns
        -------
        RangePosition or PoolShare
            As the contract keeps it. [as its fields]

        Raises
        ------
        InputError
            If it states neither a range nor shares, or both, or a number breaks a rule of the contract.
        """
        range_fields = (self.liquidity, self.tick_lower, self.tick_upper)
        return pool_position("the position", pool, range_fields, self.shares)


HeldLine: TypeAlias = CallLine | PutLine | FullRangeLine | RangeLine | PoolLine


class TradingRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[hedge]``: when one may trade, and what it costs.

    Parameters
    ----------
    steps : int or None
        Dates at which one may trade, evenly spaced, the first at once; None for one per day. [count]
    horizon_days : float or None
        End of the paths; None for the last expiry. [days]
    days_per_year : float or None
        For a book; None for that of ``[option]``, or 365. [days]
    vol : float or None
        At which deltas are taken; None for the model's. [fraction per square root of a year]
    proportional_cost : float
        Of the value traded, one way. [fraction]
    fixed_cost : float
        Of every trade. [money]
    impact_cost : float
        eta: trading dh over a time dt costs eta·dh²/dt. [money times year per asset²]
    charge_first_trade, charge_liquidation : bool
        Whether the trade at the first date costs, and selling what is left at the end. [bool]
    """

    steps: int | None = None
    horizon_days: float | None = None
    days_per_year: float | None = None
    vol: float | None = None
    proportional_cost: float = 0.0
    fixed_cost: float = 0.0
    impact_cost: float = 0.0
    charge_first_trade: bool = True
    charge_liquidation: bool = True


class ObjectiveLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[objective]``: by what policies are ranked.

    Parameters
    ----------
    kind : {"mean_std", "entropic", "cvar"}
        mean + weight·std, the certainty equivalent, or the mean of the worst losses.
    weight : float
        Of the standard deviation. [pure]
    risk_aversion : float or None
        Of the certainty equivalent; needed by ``entropic``, reported beside others where it is given. [per money]
    level : float
        The worst 1 - level count. [probability]
    report : {"percent_of_premium", "money"}
        In what losses are reported. [none]
    """

    kind: Literal["mean_std", "entropic", "cvar"] = "mean_std"
    weight: float = 1.5
    risk_aversion: float | None = None
    level: float = 0.95
    report: Literal["percent_of_premium", "money"] = "money"


class SimulationLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[simulation]``: how many paths, and which.

    Parameters
    ----------
    paths : int
        Paths in all. [count]
    seed : int
        The same seed gives the same paths. [none]
    substeps : int or None
        Steps of the scheme from one date to the next; None for as many as the model needs. [count]
    antithetic : bool
        Paths come in mirrored pairs. [bool]
    """

    paths: int = 100_000
    seed: int = 0
    substeps: int | None = None
    antithetic: bool = False


class FrontierLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[frontier]``: with what ``--frontier`` compares.

    Parameters
    ----------
    compare_every_hours : float
        The interval of the clock. [hours]
    """

    compare_every_hours: float = 8.0


class PublishedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A ``[[published]]`` table: a figure to compare with; it takes ``within`` or ``at_most``.

    Parameters
    ----------
    policy : str
        Name of a policy of the study.
    figure : str
        Which figure of it.
    value : float
        What was published. [report unit]
    within : float or None
        How far off it may be. [report unit]
    at_most : float or None
        What it may be at most. [report unit]
    source : str
        Where it was published.
    """

    policy: str
    figure: Literal["mean", "std", "objective", "cvar", "certainty_equivalent", "gap_to_exact"]
    value: float
    within: float | None = None
    at_most: float | None = None
    source: str = ""


class DeltaLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="delta"):
    """A ``[[policy]]`` that trades back to neutral at every date."""


class RegularLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="time_grid"
):
    """A ``[[policy]]`` that trades back to neutral at regular dates; it takes one of the two.

    Parameters
    ----------
    every_hours : float or None
        The interval. [hours]
    every_steps : int or None
        The interval. [dates]
    """

    every_hours: float | None = None
    every_steps: int | None = None


class LelandLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="leland"):
    """A ``[[policy]]`` that trades back to the delta at Leland's vol at regular dates; at every date if none is stated.

    Parameters
    ----------
    proportional_cost : float or None
        For which the vol is taken; None for that of ``[hedge]``. [fraction]
    every_hours : float or None
        The interval. [hours]
    every_steps : int or None
        The interval. [dates]
    constant : {"leland", "boyle_vorst"}
        Of Leland's number: sqrt(2/pi), or 1.
    """

    proportional_cost: float | None = None
    every_hours: float | None = None
    every_steps: int | None = None
    constant: LelandConstant = "leland"


class ExactLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="exact"):
    """A ``[[policy]]``: the band that a dynamic program finds for constant absolute risk aversion.

    Parameters
    ----------
    risk_aversion : float
        Risk aversion. [per money]
    """

    risk_aversion: float


class OptimalLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="optimal"
):
    """A ``[[policy]]``: the best known for the objective of the study."""


LabPolicy: TypeAlias = DeltaLine | RegularLine | LelandLine | ExactLine | OptimalLine
"""Policies that only a study on simulated paths knows; the others are those of ``hedgerow.policy``."""
