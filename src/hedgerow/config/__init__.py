"""Floor 10: one TOML file, read into frozen types."""

from hedgerow.config.contract_terms import ContractTerms, VenueTerms
from hedgerow.config.desk import Desk, HedgeSettings, LiquidityLine, PositionLine, load_desk
from hedgerow.config.hedge_terms import AccountTerms, Margin, Measure, ScenarioTerms
from hedgerow.config.load_simulation import load_simulation
from hedgerow.config.load_study import load_study
from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.study import Study
from hedgerow.config.study_tables import InstrumentLine, PolicyLine, PoolLine, QuotedLine

__all__ = [
    "AccountTerms",
    "ContractTerms",
    "Desk",
    "HedgeSettings",
    "InstrumentLine",
    "LiquidityLine",
    "Margin",
    "Measure",
    "PolicyLine",
    "PoolLine",
    "PositionLine",
    "QuotedLine",
    "ScenarioTerms",
    "SimulationStudy",
    "Study",
    "VenueTerms",
    "load_desk",
    "load_simulation",
    "load_study",
]
