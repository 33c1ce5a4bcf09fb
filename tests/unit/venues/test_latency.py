"""Delays by distribution: their quantiles and means, by seed, for orders and for data apart."""

from typing import Any

import numpy as np
import pytest

from exchange_worlds import ONE
from hedgerow.core.errors import InputError
from hedgerow.events import PlaceOrder
from hedgerow.venues import (
    ConstantLatency,
    Delays,
    ExponentialLatency,
    Latency,
    LogNormalLatency,
    QuantileLatency,
    Source,
    Stream,
    merge,
)
from hedgerow.venues.agenda import Agenda
from hedgerow.venues.latency import sample, samples
from hedgerow.venues.terms import Faults

N = 200_000


def drawn(latency: Latency, seed: int = 1) -> np.ndarray:
    return samples(latency, np.random.default_rng(seed), N)


@pytest.mark.parametrize(
    ("latency", "median", "mean"),
    [
        (ConstantLatency(ns=5_000), 5_000, 5_000),
        (ExponentialLatency(least_ns=1_000, mean_ns=8_000), 1_000 + 8_000 * np.log(2), 9_000),
        (LogNormalLatency(median_ns=4_000, sigma=0.5, least_ns=100), 4_100, 100 + 4_000 * np.exp(0.125)),
        (QuantileLatency(probabilities=(0.0, 0.5, 1.0), ns=(0, 2_000, 10_000)), 2_000, 0.5 * 1_000 + 0.5 * 6_000),
    ],
)
def test_delays_have_the_median_and_the_mean_of_their_distribution(
    latency: Latency, median: float, mean: float
) -> None:
    found = drawn(latency)
    assert found.min() >= 0
    assert np.median(found) == pytest.approx(median, rel=0.02)
    assert found.mean() == pytest.approx(mean, rel=0.02)
    assert np.array_equal(found, drawn(latency))
    assert sample(latency, np.random.default_rng(1)) == samples(latency, np.random.default_rng(1), 1)[0]


@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        (ConstantLatency, {"ns": -1}),
        (ExponentialLatency, {"least_ns": 0, "mean_ns": -1}),
        (LogNormalLatency, {"median_ns": 0, "sigma": 1.0}),
        (LogNormalLatency, {"median_ns": 1, "sigma": float("nan")}),
        (QuantileLatency, {"probabilities": (0.0, 0.9), "ns": (0, 1)}),
        (QuantileLatency, {"probabilities": (0.0, 0.5, 0.5, 1.0), "ns": (0, 1, 2, 3)}),
        (QuantileLatency, {"probabilities": (0.0, 1.0), "ns": (2, 1)}),
    ],
)
def test_a_latency_that_cannot_be_is_refused(kind: Any, terms: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="a latency that cannot be"):
        kind(**terms)


def test_orders_and_data_have_their_own() -> None:
    delays = Delays(orders_ns=1, reports_ns=1, orders=ConstantLatency(ns=70), reports=ConstantLatency(ns=30))
    agenda = Agenda(delays, Faults(), 0)
    agenda.send(PlaceOrder(1, ONE, "X", 1, 1000), 100)  # type: ignore[arg-type]
    assert agenda.next_ns == 170
    at = np.arange(0, 1000, 100)
    stream = Stream(source=Source(kind="quote", name="x"), at_ns=at, a=at + 1.0, b=at + 2.0)
    (chunk,) = merge([stream], latency_ns=0, jitter_ns=0, seed=3, latency=ExponentialLatency(least_ns=50, mean_ns=300))
    assert np.all(chunk.known_ns >= chunk.at_ns + 50)
    assert np.all(np.diff(chunk.known_ns) >= 0)  # a stream keeps its order
    assert np.array_equal(chunk.at_ns, at)
