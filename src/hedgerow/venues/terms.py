"""How a simulated venue behaves: delays, faults, funding."""

import msgspec

from hedgerow.venues.latency import Latency


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong with messages, each with its own probability.

    Parameters
    ----------
    lose_orders, lose_reports : float
        A message never arrives. [probability]
    double_reports : float
        A report arrives twice. [probability]
    late : float
        A message takes a hundred times its delay more. [probability]
    """

    lose_orders: float = 0.0
    lose_reports: float = 0.0
    double_reports: float = 0.0
    late: float = 0.0


class Delays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long messages take.

    Parameters
    ----------
    orders_ns, reports_ns : int
        There and back, at least. [ns]
    jitter_ns : int
        Mean of the exponential delay on top. [ns]
    transfer_ns : int
        Until moved collateral arrives. [ns]
    orders, reports : Latency or None
        Distributions that take the place of the figures above, there and back. [ns]
    """

    orders_ns: int
    reports_ns: int
    jitter_ns: int = 0
    transfer_ns: int = 0
    orders: Latency | None = None
    reports: Latency | None = None


class Funding(msgspec.Struct, frozen=True, kw_only=True):
    """Settlements of funding.

    Parameters
    ----------
    at_ns : tuple of int
        When, rising. [UTC epoch ns]
    rate : tuple of float
        Of the notional, longs pay when positive. [fraction]
    """

    at_ns: tuple[int, ...] = ()
    rate: tuple[float, ...] = ()
