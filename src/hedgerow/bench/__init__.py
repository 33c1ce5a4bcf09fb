"""Floor 13: how fast, side by side with peers, one framework per process."""

from hedgerow.bench.engine import EngineBench, bench_engine
from hedgerow.bench.pricing import PricingBench, bench_pricing

__all__ = ["EngineBench", "PricingBench", "bench_engine", "bench_pricing"]
