"""The progress bar of a sweep."""

import sys
import warnings
from collections.abc import Mapping

import numpy as np
from jaxtyping import Num
from tqdm import TqdmWarning

from grok_jax.training.schedule import has_diverged, has_fitted, has_generalized

with warnings.catch_warnings():
    warnings.simplefilter("ignore", TqdmWarning)  # that a notebook has no ipywidgets: then the bar is text
    from tqdm.auto import tqdm

IN_LOGS = "{desc}: {percentage:.0f}% of {total_fmt} run-steps, {elapsed} so far, {remaining} left, {rate_fmt}{postfix}"


class Progress:
    """A progress bar over all chunks of a sweep: run-steps, rate, time left, runs fitted, generalized and diverged.

    A terminal and a notebook show a bar. A log file gets a line every ten seconds.
    """

    def __init__(self, total: int, runs: int, *, shown: bool) -> None:
        is_watched = sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)
        # Without the delay, a log begins with a line before anything compiles.
        in_log = {"mininterval": 10.0, "delay": 1e-3, "file": _Lines(), "bar_format": IN_LOGS}
        look = {"mininterval": 0.2} if is_watched else in_log
        self._bar = tqdm(
            total=total,
            disable=not shown or sys.stderr is None,
            unit=" run-steps",
            unit_scale=True,
            dynamic_ncols=True,
            smoothing=0.1,
            **look,
        )
        self._runs = runs
        self._done = np.zeros(3, int)  # fitted, generalized, diverged runs of finished chunks

    def compiling(self, runs: int) -> None:
        """Shows that a program for this many runs is compiling; this time does not count toward the rate."""
        self._bar.set_description_str(f"compiling for {runs} runs")

    def training(self) -> None:
        """Starts the clock of the rate."""
        self._bar.set_description_str(f"training {self._runs} runs", refresh=False)
        self._bar.unpause()

    def advance(self, run_steps: int) -> None:
        """Adds completed run-steps."""
        self._bar.update(run_steps)

    def report(self, latest: Mapping[str, Num[np.ndarray, " runs"]], *, finished: bool = False) -> None:
        """Shows how many runs have fitted and generalized, as of the latest record of the current chunk."""
        counts = self._done + _counts(latest)
        if finished:
            self._done = counts
        fitted, generalized, diverged = counts
        text = f"fitted {fitted}/{self._runs}, generalized {generalized}/{self._runs}"
        self._bar.set_postfix_str(text + (f", diverged {diverged}" if diverged else ""), refresh=False)

    @property
    def diverged(self) -> int:
        """Number of diverged runs in finished chunks."""
        return int(self._done[2])

    def close(self) -> None:
        """Refreshes the bar a last time and closes it."""
        self._bar.refresh()
        self._bar.close()


def _counts(latest: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.array([has_fitted(latest).sum(), has_generalized(latest).sum(), has_diverged(latest).sum()])


class _Lines:
    """Writes to stderr, with each state of a bar as a line of its own; a bar itself overwrites its line."""

    def write(self, text: str) -> None:
        if line := text.strip():
            sys.stderr.write(f"{line}\n")

    def flush(self) -> None:
        sys.stderr.flush()
