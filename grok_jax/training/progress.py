"""What a person sees while a grid trains."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Num
from tqdm import tqdm

GENERALIZED = 0.95  # accuracy at which a run counts as fitted (train) or generalised (test)


class Progress:
    """A bar of run-steps over all chunks of a sweep: rate, time left, runs fitted, generalised, diverged."""

    def __init__(self, total: int, runs: int, *, shown: bool) -> None:
        self._bar = tqdm(
            total=total, disable=not shown, unit=" run-steps", unit_scale=True, dynamic_ncols=True, smoothing=0.1
        )
        self._runs = runs
        self._done = np.zeros(3, int)  # fitted, generalised, diverged runs of finished chunks

    def advance(self, run_steps: int) -> None:
        """Counts run-steps done."""
        self._bar.update(run_steps)

    def report(self, latest: Mapping[str, Num[np.ndarray, " runs"]], *, finished: bool = False) -> None:
        """Shows how many runs have fitted and generalised, after a record of the current chunk."""
        counts = self._done + _counts(latest)
        if finished:
            self._done = counts
        fitted, generalized, diverged = counts
        text = f"fitted {fitted}/{self._runs}, generalised {generalized}/{self._runs}"
        self._bar.set_postfix_str(text + (f", diverged {diverged}" if diverged else ""))

    def close(self) -> None:
        """Leaves the bar as it is."""
        self._bar.close()


def has_generalized(latest: Mapping[str, Num[np.ndarray, " runs"]]) -> Bool[np.ndarray, " runs"]:
    """Which runs are above the threshold on train and test rows at a record; a diverged run never will be."""
    return (latest["train_accuracy"] >= GENERALIZED) & (latest["test_accuracy"] >= GENERALIZED)


def has_diverged(latest: Mapping[str, Num[np.ndarray, " runs"]]) -> Bool[np.ndarray, " runs"]:
    """Which runs have a train loss that is no number any more."""
    return ~np.isfinite(latest["train_loss"])


def _counts(latest: Mapping[str, np.ndarray]) -> np.ndarray:
    fitted = latest["train_accuracy"] >= GENERALIZED
    return np.array([fitted.sum(), has_generalized(latest).sum(), has_diverged(latest).sum()])
