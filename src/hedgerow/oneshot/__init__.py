"""Floor 12, a driver: one market, one desk, one ticket. Wiring only."""

from hedgerow.oneshot.hedge import hedge

__all__ = ["hedge"]
