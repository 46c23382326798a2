"""The schedule of a run: how long it trains, when it is measured, and when it may stop early."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Num

MOST_RECORDS = 1_000_000  # of one run; more is surely a mistake
GENERALIZED = 0.95  # accuracy at which a run counts as fitted (train) or generalized (test)


class Schedule(NamedTuple):
    """What the host loop does with a run; not part of the compiled program.

    Attributes:
      steps: number of optimizer steps.
      records: number of log-spaced measurements, if record_steps is empty.
      record_steps: the steps to measure at; the last step is always added.
      probe_every: n measures the probes at every n-th record, counted back from the last, and also at the first record
        and where a run ends early; at other records they are NaN.
      stop_when_generalized: stop when all runs that train together have generalized or diverged.
    """

    steps: int = 1000
    records: int = 60
    record_steps: tuple[int, ...] = ()
    probe_every: int = 1
    stop_when_generalized: bool = False


def record_steps(schedule: Schedule) -> Int[np.ndarray, " records"]:
    """The steps at which a run is measured: 0, log-spaced steps and the last; or the given steps and the last."""
    if schedule.record_steps:
        return np.unique([*schedule.record_steps, schedule.steps])
    spaced = np.geomspace(1, max(schedule.steps, 1), schedule.records - 1).round().astype(int)[:-1]
    return np.unique([0, *spaced[spaced < schedule.steps], schedule.steps])


def is_probed(schedule: Schedule) -> Bool[np.ndarray, " records"]:
    """Which records include the probes in addition to what is always measured."""
    count = len(record_steps(schedule))
    return (np.arange(count)[::-1] % schedule.probe_every == 0) | (np.arange(count) == 0)


def has_generalized(latest: Mapping[str, Num[np.ndarray, " runs"]]) -> Bool[np.ndarray, " runs"]:
    """Which runs have train and test accuracy of at least GENERALIZED at a record; never a diverged run."""
    return has_fitted(latest) & (latest["test_accuracy"] >= GENERALIZED)


def has_fitted(latest: Mapping[str, Num[np.ndarray, " runs"]]) -> Bool[np.ndarray, " runs"]:
    """Which runs have train accuracy of at least GENERALIZED at a record."""
    return latest["train_accuracy"] >= GENERALIZED


def has_diverged(latest: Mapping[str, Num[np.ndarray, " runs"]]) -> Bool[np.ndarray, " runs"]:
    """Which runs have a training loss of NaN."""
    return np.isnan(latest["train_loss"])
