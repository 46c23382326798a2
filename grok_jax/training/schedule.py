"""How long a run trains: its steps, when it is measured, when there is nothing left to see."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Num

MOST_RECORDS = 1_000_000  # of one run; more is a slip of the hand
GENERALIZED = 0.95  # accuracy at which a run counts as fitted (train) or generalized (test)


class Schedule(NamedTuple):
    """What the host loop does with a run; no part of the compiled program.

    Attributes:
      steps: optimizer steps.
      records: how many measurements, log-spaced, where record_steps does not say.
      record_steps: the steps to measure at; the last step is always added.
      probe_every: the probes are measured at every so-many-th record, counted back from the last, at the
        first, and where a run ends early; at the others they are NaN.
      stop_when_generalized: end when every run that trains together has generalized or diverged.
    """

    steps: int = 1000
    records: int = 60
    record_steps: tuple[int, ...] = ()
    probe_every: int = 1
    stop_when_generalized: bool = False


def record_steps(schedule: Schedule) -> Int[np.ndarray, " records"]:
    """The steps at which a run is measured: 0, log-spaced ones, and the last; or the given ones and the last."""
    if schedule.record_steps:
        return np.unique([*schedule.record_steps, schedule.steps])
    spaced = np.geomspace(1, max(schedule.steps, 1), schedule.records - 1).round().astype(int)[:-1]
    return np.unique([0, *spaced[spaced < schedule.steps], schedule.steps])


def is_probed(schedule: Schedule) -> Bool[np.ndarray, " records"]:
    """Which records have the probes beside what is always measured."""
    count = len(record_steps(schedule))
    return (np.arange(count)[::-1] % schedule.probe_every == 0) | (np.arange(count) == 0)


def has_generalized(latest: Mapping[str, Num[np.ndarray, " runs"]]) -> Bool[np.ndarray, " runs"]:
    """Which runs are above the threshold on train and test rows at a record; a diverged run never is."""
    return has_fitted(latest) & (latest["test_accuracy"] >= GENERALIZED)


def has_fitted(latest: Mapping[str, Num[np.ndarray, " runs"]]) -> Bool[np.ndarray, " runs"]:
    """Which runs are above the threshold on train rows at a record."""
    return latest["train_accuracy"] >= GENERALIZED


def has_diverged(latest: Mapping[str, Num[np.ndarray, " runs"]]) -> Bool[np.ndarray, " runs"]:
    """Which runs have a train loss that is no number any more."""
    return np.isnan(latest["train_loss"])
