"""Margin tables as types: every line of a ``[[margin]]`` table of a venue's file is one of these.

Sizes are in coins, rates are fractions. The ``margin`` room turns these lines into rules; nothing here computes.
"""

from typing import Literal, TypeAlias

import msgspec

from hedgerow.core.ids import Currency
from hedgerow.venue_rules.schedules import Line

Settlement: TypeAlias = Literal["inverse", "linear"]
"""Settled in the coin itself, or in a currency like USD."""


class MarginLine(Line, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every line of a margin table states beside date and source.

    Parameters
    ----------
    coins : tuple of str
        Coins of the contracts.
    settlement : {"inverse", "linear"}
        How they settle.
    """

    coins: tuple[Currency, ...]
    settlement: Settlement


class FutureMargin(MarginLine, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="futures", tag_field="rule"):
    """Margin of perpetuals and futures as a share of their notional, which grows with the size.

    Parameters
    ----------
    initial, maintenance : float
        Of a small position. [fraction of the notional]
    initial_per_coin, maintenance_per_coin : float
        Added for every coin of the position's size. [fraction per coin]
    largest : float or None
        The largest size that the table covers; None for any. [coins]
    """

    initial: float
    maintenance: float
    initial_per_coin: float = 0.0
    maintenance_per_coin: float = 0.0
    largest: float | None = None


class OptionMargin(MarginLine, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="options", tag_field="rule"):
    """Margin of one short option on one coin; long ones are paid for and need none.

    With U the reference price, S the index, M the mark, f the factor, the initial margin is
    max(start - otm/U, least)·f·S + M, the maintenance margin of a call call·f·S + M, of a put
    max(put·S, put_mark·M)·f + M. Of an inverse contract this is what the venue states in coins, times S.

    Parameters
    ----------
    start, least : float
        Initial margin at the money, and the least far out of the money. [fraction of the index]
    call, put : float
        Maintenance margin. [fraction of the index]
    put_mark : float
        Maintenance margin of a put that is worth more than the coin. [fraction of the mark]
    put_over_maintenance : float
        A put's initial margin is at least this times its maintenance margin; 0 for no such rule. [pure]
    reference : {"forward", "index"}
        Where "out of the money" is measured.
    factor : float
        f, of the first tier of position sizes. [pure]
    largest : float or None
        The largest sum of sold options that the table covers; None for any. [coins]
    unpaired_initial, unpaired_maintenance : float or None
        Where an expiry asks for no more than its largest loss at expiry: the share of the forward that each short call
        without a long one adds to that loss; None where the venue has no such rule. [fraction]
    """

    start: float
    least: float
    call: float
    put: float
    put_mark: float
    put_over_maintenance: float = 0.0
    reference: Literal["forward", "index"] = "forward"
    factor: float = 1.0
    largest: float | None = None
    unpaired_initial: float | None = None
    unpaired_maintenance: float | None = None


class VolShocks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a shock of vol depends on the time to expiry.

    A shock of v takes the vol of an option to vol·(1 + v·(30/max(days, day_floor))^power). Every figure of it that
    changes with the expiry is the venue's to state: a table without a floor says so with a zero.

    Parameters
    ----------
    short_power, long_power : float
        Of options below 30 days, and from 30 days on. [pure]
    day_floor : float
        Shorter expiries are shocked like this one; 0 where the venue publishes none. [days]
    least_up : float
        No vol that is shocked upwards ends below it. [vol per square root of a year]
    """

    short_power: float
    long_power: float
    day_floor: float
    least_up: float = 0.0


class Shock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scenario of a portfolio margin.

    Parameters
    ----------
    spot : float
        Move of the spot. [fraction]
    vol : float
        Shock of vol, as in ``VolShocks``. [fraction]
    weight : float
        Which share of the loss counts. [fraction]
    """

    spot: float
    vol: float
    weight: float = 1.0


class GridMargin(MarginLine, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="grid", tag_field="rule"):
    """Deribit's portfolio margin: a grid of prices and vols, extended moves, and shocks of delta and roll.

    Parameters
    ----------
    price_range : float
        Largest move of the grid, both ways. [fraction]
    buckets : int
        Steps of the grid to each side. [count]
    vol_up, vol_down : float
        Shocks of vol, both positive; the third scenario has none. [fraction]
    vols : VolShocks
        How they depend on the expiry.
    extended : tuple of float
        Moves beyond the grid, with the vol shocked upwards. [fraction]
    extended_factor : float
        Their results count this times price_range/|move|. [pure]
    dampener : float
        Their losses are less by this times |move|/price_range - 1, down to zero. [USD]
    roll_rate, least_roll : float
        Roll shock: of the delta of each expiry, so much per year to expiry, but at least. [fraction per year],
        [fraction]
    delta_threshold : float
        Deltas below it have no delta shock. [USD]
    delta_per_coin : float
        Delta shock for each coin above it. [fraction per coin]
    largest_delta_shock : float
        It grows no further. [fraction]
    maintenance : float
        Maintenance over initial margin. [fraction]
    """

    price_range: float
    buckets: int
    vol_up: float
    vol_down: float
    vols: VolShocks
    extended: tuple[float, ...]
    extended_factor: float
    dampener: float
    roll_rate: float
    least_roll: float
    delta_threshold: float
    delta_per_coin: float
    largest_delta_shock: float
    maintenance: float


class ScanMargin(MarginLine, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="scan", tag_field="rule"):
    """Paradex's portfolio margin: weighted scenarios, a floor on delta, provisions for funding and fees.

    Parameters
    ----------
    scenarios : tuple of Shock
        All of them.
    vols : VolShocks
        How their shocks of vol depend on the expiry.
    net_delta, hedged_delta : float
        Floor: shares of the absolute net delta, and of the hedged delta. [fraction]
    maintenance : float
        Share of the larger of scan and floor that must be maintained; provisions are not reduced. [fraction]
    fee : float
        Fee provision of a position. [fraction of its notional]
    fee_cap : float
        An option's is at most this share of its mark. [fraction]
    """

    scenarios: tuple[Shock, ...]
    vols: VolShocks
    net_delta: float
    hedged_delta: float
    maintenance: float
    fee: float
    fee_cap: float


class ContingencyMargin(
    MarginLine, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="contingency", tag_field="rule"
):
    """Derive's portfolio margin: a factor times the largest loss, and contingencies.

    Parameters
    ----------
    scenarios : tuple of Shock
        All of them; their weights are the venue's dampening.
    vols : VolShocks
        How their shocks of vol depend on the expiry.
    initial, maintenance : float
        Share of the largest loss that counts. [fraction]
    gain_share, gain_rate : float
        A shocked expiry of positive worth counts at this share, discounted at this rate. [fraction], [fraction per
        year]
    basis_move : float
        Move of the spot, both ways, of the contingency for the basis. [fraction]
    basis_share, basis_per_year : float
        Which share of each expiry's loss in it counts, and how much more for each year to expiry. [fraction], [fraction
        per year]
    skew_cap, skew_cap_per_root_year : float
        Largest tilt of vols in the skew scenarios, and how it changes with the square root of the time to expiry.
        [fraction], [fraction per square root of a year]
    skew_width, skew_least_width : float
        The log-strike from which the tilt no longer grows, per square root of a year, and at least. [pure]
    perpetual_initial, perpetual_maintenance : float
        Contingency of perpetuals; initial margin counts both. [fraction of the notional]
    option_initial, option_maintenance : float
        Contingency of each option sold at a strike and not bought there; initial margin counts both. [fraction of the
        index]
    """

    scenarios: tuple[Shock, ...]
    vols: VolShocks
    initial: float
    maintenance: float
    gain_share: float
    gain_rate: float
    basis_move: float
    basis_share: float
    basis_per_year: float
    skew_cap: float
    skew_cap_per_root_year: float
    skew_width: float
    skew_least_width: float
    perpetual_initial: float
    perpetual_maintenance: float
    option_initial: float
    option_maintenance: float


class LiquidationSteps(
    MarginLine, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="liquidation", tag_field="rule"
):
    """How a venue reduces an account that no longer covers its maintenance margin.

    Parameters
    ----------
    whole : bool
        Everything at once; else step by step until the margin is covered.
    futures_step : float
        Largest step in a perpetual or future. [USD of notional]
    option_step : float
        Largest step in an option. [coins]
    futures_fee, option_fee : float
        Charged beside the price of the trade. [fraction of the notional]
    """

    whole: bool = False
    futures_step: float = 0.0
    option_step: float = 0.0
    futures_fee: float = 0.0
    option_fee: float = 0.0


MarginTable: TypeAlias = FutureMargin | OptionMargin | GridMargin | ScanMargin | ContingencyMargin | LiquidationSteps
"""Any margin table; tagged by ``rule``."""


class MarginTables(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of margin tables, all dates together.

    Parameters
    ----------
    margin : tuple of MarginTable
        Its lines, in any order.
    """

    margin: tuple[MarginTable, ...]
