"""The tables of a study file as frozen types. Every key is described in ``docs/study-file.md``."""

from typing import Literal, TypeAlias

import msgspec

from hedgerow.config.policy_lines import (
    Balances,
    EveryBlockLine,
    ExactLine,
    GasAwareLine,
    LelandLine,
    Leverage,
    PriceMoveLine,
    QuadraticImpactLine,
    UnhedgedLine,
    WhalleyWilmottLine,
    ZakamoulineLine,
)
from hedgerow.config.study_latency import Delay
from hedgerow.policy import AnyPolicy, DeltaTolerance, TimeGrid


class BarFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[data.price]``, ``[data.gas]`` or ``[data.index]``: one column of a file of bars.

    Parameters
    ----------
    file : str
        Parquet, relative to the study file.
    column : str
        Which column.
    bar_s : float
        Length of a bar; its content is known at its end. [seconds]
    note : str
        What a reader of the report must know of it. [text]
    """

    file: str
    column: str
    bar_s: float = 60.0
    note: str = ""


class PoolFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[data.pool]``: minute bars of a Uniswap v3 pool.

    Parameters
    ----------
    name : str
        The name by which ``[[liquidity]]`` refers to it.
    file : str
        Parquet, relative to the study file.
    token0, token1 : str
        Tickers in the contract's order, wrapped coins under their own coin's ticker.
    decimals0, decimals1 : int
        Decimals of the tokens.
    fee : float
        The pool's fee. [fraction of the input]
    tick_spacing : int
        Ticks of positions are multiples of it. [ticks]
    bar_s : float
        Length of a bar; its content is known at its end. [seconds]
    """

    name: str
    file: str
    token0: str
    token1: str
    decimals0: int
    decimals1: int
    fee: float
    tick_spacing: int
    bar_s: float = 60.0


class FundingFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[data.funding]``: settlements of funding.

    Parameters
    ----------
    file : str
        Parquet, relative to the study file.
    venue, asset : str
        Whose, of what, as the file writes them.
    note : str
        What a reader of the report must know of it. [text]
    """

    file: str
    venue: str
    asset: str
    note: str = ""


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[data]``: the recorded files.

    Parameters
    ----------
    price : BarFile or None
        The price of the coin; None takes the pool's.
    pool : PoolFile or None
        The pool.
    gas : BarFile or None
        The price of gas. [gwei]
    gas_gwei : float or None
        A constant price of gas instead, assumed. [gwei]
    funding : FundingFile or None
        Funding of the perpetual; None for none.
    index : BarFile or None
        The venue's index, of which a funding rule takes the premium.
    bad_rows : {"refuse", "skip"}
        What is done about rows that cannot be true.
    max_gap_s : float
        A longer hole ends the study with an error. [seconds]
    """

    price: BarFile | None = None
    pool: PoolFile | None = None
    gas: BarFile | None = None
    gas_gwei: float | None = None
    funding: FundingFile | None = None
    index: BarFile | None = None
    bad_rows: Literal["refuse", "skip"] = "refuse"
    max_gap_s: float = 600.0


class ToleranceLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="delta_tolerance"
):
    """A ``[[policy]]`` that trades when delta is off by more than a tolerance.

    Parameters
    ----------
    tolerance : float
        Half-width of the band. [coin]
    name, instrument : str
        For people; what it trades, the first instrument if empty.
    balances, leverage
        What its accounts start with, instead of what the study states.
    """

    tolerance: float
    name: str = ""
    instrument: str = ""
    balances: Balances = {}
    leverage: Leverage = None

    def rule(self) -> AnyPolicy:
        """Make the policy.

        Returns
        -------
        AnyPolicy
            The rule that decides. [as its fields]
        """
        return DeltaTolerance(tolerance=self.tolerance)


class GridLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="time_grid"
):
    """A ``[[policy]]`` that trades at regular times.

    Parameters
    ----------
    every_s : float
        The interval. [seconds]
    name, instrument : str
        For people; what it trades, the first instrument if empty.
    balances, leverage
        What its accounts start with, instead of what the study states.
    """

    every_s: float
    name: str = ""
    instrument: str = ""
    balances: Balances = {}
    leverage: Leverage = None

    def rule(self) -> AnyPolicy:
        """Make the policy.

        Returns
        -------
        AnyPolicy
            The rule that decides. [as its fields]
        """
        return TimeGrid(every_s=self.every_s)


PolicyLine: TypeAlias = (
    ToleranceLine
    | GridLine
    | EveryBlockLine
    | PriceMoveLine
    | LelandLine
    | WhalleyWilmottLine
    | ZakamoulineLine
    | GasAwareLine
    | QuadraticImpactLine
    | ExactLine
    | UnhedgedLine
)


class Latency(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[latency]``: how long messages take.

    Parameters
    ----------
    data_ms, orders_ms, reports_ms : float
        Market data to here, orders to the venue, its reports back, at least. [milliseconds]
    jitter_ms : float
        Mean of an exponential delay on top of each. [milliseconds]
    transfer_s : float
        Until moved money arrives. [seconds]
    data, orders, reports : Delay or None
        Distributions that take the place of the figures above.
    """

    data_ms: float = 0.0
    orders_ms: float = 0.0
    reports_ms: float = 0.0
    jitter_ms: float = 0.0
    transfer_s: float = 0.0
    data: Delay | None = None
    orders: Delay | None = None
    reports: Delay | None = None

    @property
    def mean_data_ms(self) -> float:
        """Expected delay of market data, as far as it is stated; jitter apart. [milliseconds]"""
        return self.data_ms if self.data is None else self.data.mean_ms

    @property
    def mean_orders_ms(self) -> float:
        """Expected delay of orders. [milliseconds]"""
        return self.orders_ms + self.jitter_ms if self.orders is None else self.orders.mean_ms


class FaultRates(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[faults]``: how often messages go astray.

    Parameters
    ----------
    lose_orders, lose_reports, double_reports, late : float
        A message to the venue or from it never arrives; a report comes twice; a message takes a hundred times longer.
        [probability]
    """

    lose_orders: float = 0.0
    lose_reports: float = 0.0
    double_reports: float = 0.0
    late: float = 0.0


class HedgeRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[hedge]``: what is wanted, and how orders are sent.

    Parameters
    ----------
    delta : float
        The delta to have. [coin]
    order_timeout_s : float
        An order is valid for so long; then it is asked about. [seconds]
    retry_s : float
        After a reject nothing is sent for so long. [seconds]
    max_quote_age_s : float
        On older quotes nothing is decided or filled. [seconds]
    """

    delta: float = 0.0
    order_timeout_s: float = 60.0
    retry_s: float = 1.0
    max_quote_age_s: float = 300.0


class RefitRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[refit]``: the vol at which options are hedged, fitted again and again to the recorded price.

    Parameters
    ----------
    every_s : float
        How often; zero keeps the stated vols. [seconds]
    window_s : float
        Over how long. [seconds]
    takes_s : float
        How long a fit takes: its result comes so much later. [seconds]
    """

    every_s: float = 0.0
    window_s: float = 86_400.0
    takes_s: float = 1.0


class ReportRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[report]``: how results are measured.

    Parameters
    ----------
    interval_s : float
        Risk is the standard deviation of P&L over intervals of this length. [seconds]
    """

    interval_s: float = 3600.0
