"""Floor 12: a study's policies through recorded days: two drivers, one session, one report."""

from hedgerow.backtesting.drivers import run_loop, run_skip_ahead
from hedgerow.backtesting.run import backtest
from hedgerow.backtesting.session import Session

__all__ = ["Session", "backtest", "run_loop", "run_skip_ahead"]
