"""Floor 13: how fast, side by side with peers, one framework per process."""

from hedgerow.bench.engine import EngineBench, bench_engine
from hedgerow.bench.exchange import ExchangeBench, bench_exchange
from hedgerow.bench.models import ModelsBench, bench_models
from hedgerow.bench.optimizer import OptimizerBench, bench_optimizer
from hedgerow.bench.policies import PoliciesBench, bench_policies
from hedgerow.bench.pools import PoolsBench, bench_pools
from hedgerow.bench.pricing import PricingBench, bench_pricing

__all__ = [
    "EngineBench",
    "ExchangeBench",
    "ModelsBench",
    "OptimizerBench",
    "PoliciesBench",
    "PoolsBench",
    "PricingBench",
    "bench_engine",
    "bench_exchange",
    "bench_models",
    "bench_optimizer",
    "bench_policies",
    "bench_pools",
    "bench_pricing",
]
