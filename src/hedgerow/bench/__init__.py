"""Floor 13: how fast, side by side with peers, one framework per process."""

from hedgerow.bench.engine import EngineBench, bench_engine

__all__ = ["EngineBench", "bench_engine"]
