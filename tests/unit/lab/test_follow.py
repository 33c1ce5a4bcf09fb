"""A policy that trades at every date comes out the same alone, in one call, and among others, date by date."""

import msgspec
import pytest

from hedgerow.config import SimulationStudy
from hedgerow.config.simulation_models import GbmLine
from hedgerow.config.simulation_tables import (
    CallLine,
    MarketLine,
    ObjectiveLine,
    PutLine,
    RangeLine,
    SimulationLine,
    SoldOption,
    TradingRules,
)
from hedgerow.lab import simulate

ONE = SimulationStudy(
    policy=({"kind": "delta"},),
    model=GbmLine(sigma=0.6, mu=0.1),
    market=MarketLine(spot=100.0),
    option=SoldOption(strike=105.0, expiry_days=9.0),
    hedge=TradingRules(steps=9, proportional_cost=1e-3, fixed_cost=0.01),
    objective=ObjectiveLine(risk_aversion=0.1),
    simulation=SimulationLine(paths=5000, seed=2),
)
BOOK = msgspec.structs.replace(
    ONE,
    option=None,
    position=(
        CallLine(strike=95.0, expiry_days=9.0, quantity=-2.0),
        PutLine(strike=90.0, expiry_days=20.0, quantity=3.0),
        RangeLine(liquidity=4.0, lower=90.0, upper=120.0),
    ),
    hedge=msgspec.structs.replace(ONE.hedge, horizon_days=9.0),
)
EARLY = msgspec.structs.replace(
    BOOK, position=(CallLine(strike=95.0, expiry_days=3.0), PutLine(strike=90.0, expiry_days=9.0))
)
COIN = msgspec.structs.replace(ONE, option=SoldOption(strike=105.0, expiry_days=9.0, settlement="inverse"))
FREE = msgspec.structs.replace(ONE, hedge=msgspec.structs.replace(ONE.hedge, charge_first_trade=False))
KEPT = msgspec.structs.replace(ONE, hedge=msgspec.structs.replace(ONE.hedge, charge_liquidation=False))


@pytest.mark.parametrize(
    "study", [ONE, BOOK, EARLY, COIN, FREE, KEPT], ids=["one", "book", "early", "coin", "free", "kept"]
)
def test_one_call_for_all_dates_is_date_by_date(study: SimulationStudy) -> None:
    (alone,) = simulate(study).policies
    among = simulate(msgspec.structs.replace(study, policy=({"kind": "delta"}, {"kind": "unhedged"}))).policies[0]
    for name in ("mean", "std", "cvar", "certainty_equivalent", "trades", "turnover", "mean_error", "std_error"):
        assert getattr(alone, name) == pytest.approx(getattr(among, name), rel=1e-10, abs=1e-12), name
    assert alone.costs.total == pytest.approx(among.costs.total, rel=1e-12)
