"""What a policy gets to see: rooms 4 and 5, book and hedge, at one instant."""

from typing import Final

from hedgerow.book import CompiledBook, deltas_by_group, quiet_box
from hedgerow.core.instants import SECOND_NS, YEAR_NS
from hedgerow.engine.exposure import BookCache, filled_lots, spot_delta_of_hedge, unit_delta
from hedgerow.engine.outlooks import outlook_of
from hedgerow.engine.settings import EngineSettings
from hedgerow.engine.state import EngineState
from hedgerow.hedging import neutral_plan
from hedgerow.ledger import Ledger
from hedgerow.policy import NEVER_NS, NEXT_QUOTE, View, Wake

VOL_FIT: Final = "vol"
"""Name of the fit that replaces the vol of every option. [text]"""

_GRAIN_NS: Final = SECOND_NS // 1000
"""Beats come no denser than this. [ns]"""


class Views:
    """Makes views of an engine's state.

    Parameters
    ----------
    settings : EngineSettings
        What is held and hedged.
    """

    __slots__ = ("_books", "_expiry_ns", "_rate", "_settings")

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._books = BookCache(settings)
        self._rate = settings.usd_rate(settings.instrument.quote)
        self._expiry_ns = min((row.expiry_ns for row in settings.rows if row.expiry_ns is not None), default=NEVER_NS)

    def expired(self, ledger: Ledger, now_ns: int) -> str:
        """Say what of the book has come to its end and cannot be valued any more.

        Parameters
        ----------
        ledger : Ledger
            What the accounts hold; what was settled is gone.
        now_ns : int
            The time. [UTC epoch ns]

        Returns
        -------
        str
            For people, empty if there is nothing. [text]
        """
        if now_ns >= self._expiry_ns:
            return "an option has expired: take it out of the book"
        for item in self._settings.positions:
            end_ns = NEVER_NS if item.row.expiry_ns is None else item.row.expiry_ns
            if now_ns >= end_ns and ledger.account(item.account).holding(item.instrument).quantity:
                return f"{item.instrument.name} has expired: its settlement is awaited"
        return ""

    def of(self, state: EngineState, mid: float) -> View:
        """Value everything at one price, and say how far it is from neutral.

        Parameters
        ----------
        state : EngineState
            Holdings, orders in flight, fits.
        mid : float
            Reference price. [quote per base]

        Returns
        -------
        View
            For the policy. [as its fields]
        """
        settings, spot = self._settings, mid * self._rate
        in_flight, filled = state.orders.in_flight, filled_lots(settings, state.ledger)
        vol = _fitted_vol(state)
        book = self._books.at(state.ledger, in_flight, spot, state.now_ns, vol)
        deltas = deltas_by_group(book, numeraire=settings.numeraire)
        expected = filled + in_flight
        plan = neutral_plan(
            delta=float(deltas.sum()),
            hedge_delta=spot_delta_of_hedge(settings, expected, deltas, spot),
            expected_lots=expected,
            unit_delta=unit_delta(settings, spot),
            wanted=settings.wanted_delta,
        )
        lowest, highest = state.orders.range_of(filled)
        return View(
            now_ns=state.now_ns,
            spot=mid,
            block=state.market.block,
            plan=plan,
            filled_lots=filled,
            expected_lots=expected,
            lowest_lots=lowest,
            highest_lots=highest,
            quiet=lambda lower, upper: self._quiet(book, state.now_ns, lower, upper),
            outlook=lambda: outlook_of(
                book, plan, expected, numeraire=settings.numeraire, wanted=settings.wanted_delta, fitted=vol
            ),
        )

    def _quiet(self, book: CompiledBook, now_ns: int, lower: float, upper: float) -> Wake:
        """Return a wake before which the residual delta stays within two bounds."""
        wanted, spot = self._settings.wanted_delta, book.spot
        numeraire = self._settings.numeraire
        box = quiet_box(book, numeraire=numeraire, spot=spot, lower=wanted + lower, upper=wanted + upper)
        if not box.years > 0.0:
            return NEXT_QUOTE
        ages = bool(book.option_expiry_ns.any())
        at_ns = now_ns + max(_GRAIN_NS, int(box.years * YEAR_NS)) if ages else NEVER_NS
        return Wake(below=box.below / self._rate, above=box.above / self._rate, at_ns=at_ns)


def _fitted_vol(state: EngineState) -> float | None:
    """Return the vol of the last fit, if it found one."""
    fit = state.market.fits.get(VOL_FIT)
    vol = 0.0 if fit is None else fit.values.get("vol", 0.0)
    return vol if vol > 0.0 else None
