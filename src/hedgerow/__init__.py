"""Hedgerow: hedge ratio optimization for crypto derivatives.

The façade is lazy: importing it loads no numpy, no compiler and no data.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

__version__ = "0.1.0"

if TYPE_CHECKING:
    from hedgerow.backtesting import backtest
    from hedgerow.config import Desk, SimulationStudy, Study, load_desk, load_simulation, load_study
    from hedgerow.core.errors import (
        ConfigError,
        HedgerowError,
        InputError,
        InvariantBroken,
        MarketDataError,
        NumeraireError,
        SolveError,
        TransformError,
    )
    from hedgerow.core.money import Money
    from hedgerow.examples import example
    from hedgerow.journal import replay
    from hedgerow.lab import simulate
    from hedgerow.market import Snapshot, load_pool, load_snapshot, save_snapshot
    from hedgerow.oneshot import PoolTerms, calibrate, hedge, pool_report, risk, surface
    from hedgerow.pricing import black76, implied_vol
    from hedgerow.pricing.models import SABR, SVCJ, Bates, Heston, LogNormalSV, Merton, price_model
    from hedgerow.report import (
        BacktestReport,
        CalibrationReport,
        PoolReport,
        RiskReport,
        SimulationReport,
        Ticket,
        gains_csv,
    )

_HOMES: Final = {
    "BacktestReport": "hedgerow.report",
    "Bates": "hedgerow.pricing.models",
    "CalibrationReport": "hedgerow.report",
    "ConfigError": "hedgerow.core.errors",
    "Desk": "hedgerow.config",
    "HedgerowError": "hedgerow.core.errors",
    "Heston": "hedgerow.pricing.models",
    "InputError": "hedgerow.core.errors",
    "InvariantBroken": "hedgerow.core.errors",
    "LogNormalSV": "hedgerow.pricing.models",
    "MarketDataError": "hedgerow.core.errors",
    "Merton": "hedgerow.pricing.models",
    "Money": "hedgerow.core.money",
    "NumeraireError": "hedgerow.core.errors",
    "PoolReport": "hedgerow.report",
    "PoolTerms": "hedgerow.oneshot",
    "RiskReport": "hedgerow.report",
    "SABR": "hedgerow.pricing.models",
    "SVCJ": "hedgerow.pricing.models",
    "SimulationReport": "hedgerow.report",
    "SimulationStudy": "hedgerow.config",
    "Snapshot": "hedgerow.market",
    "SolveError": "hedgerow.core.errors",
    "Study": "hedgerow.config",
    "Ticket": "hedgerow.report",
    "TransformError": "hedgerow.core.errors",
    "backtest": "hedgerow.backtesting",
    "black76": "hedgerow.pricing",
    "calibrate": "hedgerow.oneshot",
    "example": "hedgerow.examples",
    "gains_csv": "hedgerow.report",
    "hedge": "hedgerow.oneshot",
    "implied_vol": "hedgerow.pricing",
    "load_desk": "hedgerow.config",
    "load_pool": "hedgerow.market",
    "load_simulation": "hedgerow.config",
    "load_snapshot": "hedgerow.market",
    "load_study": "hedgerow.config",
    "pool_report": "hedgerow.oneshot",
    "price_model": "hedgerow.pricing.models",
    "replay": "hedgerow.journal",
    "risk": "hedgerow.oneshot",
    "save_snapshot": "hedgerow.market",
    "simulate": "hedgerow.lab",
    "surface": "hedgerow.oneshot",
}

__all__ = [
    "BacktestReport",
    "Bates",
    "CalibrationReport",
    "ConfigError",
    "Desk",
    "HedgerowError",
    "Heston",
    "InputError",
    "InvariantBroken",
    "LogNormalSV",
    "MarketDataError",
    "Merton",
    "Money",
    "NumeraireError",
    "PoolReport",
    "PoolTerms",
    "RiskReport",
    "SABR",
    "SVCJ",
    "SimulationReport",
    "SimulationStudy",
    "Snapshot",
    "SolveError",
    "Study",
    "Ticket",
    "TransformError",
    "backtest",
    "black76",
    "calibrate",
    "example",
    "gains_csv",
    "hedge",
    "implied_vol",
    "load_desk",
    "load_pool",
    "load_simulation",
    "load_snapshot",
    "load_study",
    "pool_report",
    "price_model",
    "replay",
    "risk",
    "save_snapshot",
    "simulate",
    "surface",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'hedgerow' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
