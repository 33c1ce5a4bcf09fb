"""Rooms, one after the other, do the work of the whole."""

import numpy as np
import pytest

from hedgerow.bench.rooms import ROOMS, room_job, room_jobs
from hedgerow.hedging import HedgeProblem, Solution


@pytest.fixture(scope="module")
def left() -> dict[str, object]:
    return {room: room_job(room, positions=200).call() for room in ROOMS}


def test_every_room_is_a_job() -> None:
    assert tuple(room_jobs()) == ROOMS


def test_the_last_room_leaves_what_the_whole_leaves(left: dict[str, object]) -> None:
    problem, solution = left["problem"], left["certified plan"]
    assert isinstance(problem, HedgeProblem)
    assert isinstance(solution, Solution)
    assert solution.certificate.holds
    assert len(problem.names) == 20
    assert np.array_equal(np.asarray(left["whole lots"]) * problem.lot, np.asarray(left["market to plan"]))
    assert np.any(np.asarray(left["market to plan"]))


def test_the_greeks_are_those_of_the_problem(left: dict[str, object]) -> None:
    problem = left["problem"]
    assert isinstance(problem, HedgeProblem)
    assert np.array_equal(np.asarray(left["Greeks of the book"]), problem.book_greeks)
