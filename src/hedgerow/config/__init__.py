"""Floor 10: one TOML file, read into frozen types."""

from hedgerow.config.contract_terms import ContractTerms, VenueTerms
from hedgerow.config.desk import Desk, HedgeSettings, LiquidityLine, PositionLine, load_desk
from hedgerow.config.hedge_terms import RULES, AccountTerms, Margin, Measure, Mode, ScenarioTerms
from hedgerow.config.load_simulation import load_simulation
from hedgerow.config.load_study import load_study
from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.study import Study
from hedgerow.config.study_instruments import BookLine, ExchangeLine, InstrumentLine, PoolLine, QuotedLine
from hedgerow.config.study_tables import PolicyLine

__all__ = [
    "AccountTerms",
    "BookLine",
    "ContractTerms",
    "Desk",
    "ExchangeLine",
    "HedgeSettings",
    "InstrumentLine",
    "LiquidityLine",
    "Margin",
    "Measure",
    "Mode",
    "PolicyLine",
    "PoolLine",
    "PositionLine",
    "QuotedLine",
    "RULES",
    "ScenarioTerms",
    "SimulationStudy",
    "Study",
    "VenueTerms",
    "load_desk",
    "load_simulation",
    "load_study",
]
