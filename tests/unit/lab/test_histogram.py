"""Bins of losses count every path once, policy by policy, whatever its block."""

import numpy as np
import pytest

from hedgerow.lab.histogram import LossHistogram


def test_every_path_is_counted_where_it_belongs() -> None:
    rng = np.random.default_rng(4)
    losses = [rng.normal(size=5000), rng.normal(1.0, 0.5, 5000), rng.normal(0.0, 40.0, 5000)]
    spread = LossHistogram()
    for block in np.split(np.arange(5000), 10):
        spread.add([values[block] for values in losses])
    found = spread.bins(2.0)
    assert found.edges.size == found.counts.shape[1] + 1
    for values, counts, beyond in zip(losses, found.counts, found.beyond, strict=True):
        expected, _ = np.histogram(2.0 * values, found.edges)
        # A loss on an edge, but for rounding, may fall on either side of it.
        assert np.abs(counts - expected).sum() <= 2.0
        assert counts.sum() + beyond.sum() == 5000.0
        assert beyond[0] == pytest.approx(np.sum(2.0 * values < found.edges[0]), abs=1.0)
    # Two of three policies lie inside; one that hedges much less does not stretch the picture.
    assert found.beyond[:2].sum() < 20.0
    assert found.beyond[2].sum() > 2000.0


def test_losses_that_are_all_the_same_have_a_bin() -> None:
    spread = LossHistogram()
    spread.add([np.full(10, 3.0)])
    found = spread.bins(1.0)
    assert found.counts.sum() == 10.0
    assert np.all(np.diff(found.edges) > 0.0)
