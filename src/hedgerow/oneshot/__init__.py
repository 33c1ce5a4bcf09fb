"""Floor 12, a driver: one market, one job, one answer. Wiring only."""

from hedgerow.oneshot.calibration import calibrate
from hedgerow.oneshot.hedge import hedge
from hedgerow.oneshot.pool_report import pool_report
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.oneshot.risk import risk
from hedgerow.oneshot.surface import surface

__all__ = ["PoolTerms", "calibrate", "hedge", "pool_report", "risk", "surface"]
