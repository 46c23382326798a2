"""Speed of contestants that train by turns, each in processes of its own, on a machine that others may use too."""

import contextlib
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any, NamedTuple

from benchmarks.memory import peak_bytes

CONTEXT = multiprocessing.get_context("spawn")  # JAX and PyTorch have threads, which do not survive a fork.


class Trainer(NamedTuple):
    """What one process of a contestant trains.

    Attributes:
      advance: trains all its runs for so many steps and returns when they are done.
      runs: how many runs it trains.
      compile_seconds: what compiling took; 0 where nothing is compiled.
    """

    advance: Callable[[int], None]
    runs: int
    compile_seconds: float = 0.0


class Contestant(NamedTuple):
    """Processes that train at the same time."""

    connections: list[Connection]
    runs: int  # of all its processes together
    compile_seconds: float


class Turn(NamedTuple):
    """What a contestant did in one turn."""

    rate: float  # run-steps per second
    peak_bytes: int  # the most that its processes together have held so far


class Ratio(NamedTuple):
    """How many times as fast one contestant is as another, over pairs of turns of the same round."""

    median: float
    low: float
    high: float


def in_own_process(function: Callable[..., Any], *args: Any) -> Any:
    """function(*args) in a fresh process, so that nothing is compiled or held from before."""
    with ProcessPoolExecutor(1, mp_context=CONTEXT) as pool:
        return pool.submit(function, *args).result()


@contextlib.contextmanager
def contestant(make: Callable[..., Trainer], *args: Any, processes: int = 1) -> Iterator[Contestant]:
    """Starts processes that each train make(*args), waits until they can, and ends them afterwards."""
    barrier = CONTEXT.Barrier(processes)
    connections = []
    with contextlib.ExitStack() as stack:
        for _ in range(processes):
            ours, theirs = CONTEXT.Pipe()
            worker = CONTEXT.Process(target=_work, args=(theirs, barrier, make, args), daemon=True)
            worker.start()
            theirs.close()  # Only the worker holds it now, so that its death is seen.
            stack.callback(worker.join)
            connections.append(stack.enter_context(ours))  # Is closed before the join, which ends the worker.
        stack.callback(barrier.abort)  # Should one of them die, the others must not wait for it.
        ready = [connection.recv() for connection in connections]
        yield Contestant(connections, sum(runs for runs, _ in ready), max(seconds for _, seconds in ready))


def take_turns(contestants: Mapping[str, Contestant], rounds: int, seconds: float) -> dict[str, list[Turn]]:
    """Lets contestants train one after the other, round by round, every other round in the reverse order.

    Args:
      contestants: by name.
      rounds: turns of each.
      seconds: about how long a turn is.

    Returns:
      The turns of each contestant, by name.
    """
    steps = {name: _steps_within(each, seconds) for name, each in contestants.items()}
    turns: dict[str, list[Turn]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name in list(contestants)[:: -1 if number % 2 else 1]:
            taken, peak = _train(contestants[name], steps[name])
            turns[name].append(Turn(contestants[name].runs * steps[name] / taken, peak))
    return turns


def median_rate(turns: Sequence[Turn]) -> float:
    """Run-steps per second."""
    return statistics.median(turn.rate for turn in turns)


def ratio(turns: Sequence[Turn], peer: Sequence[Turn]) -> Ratio:
    """The ratio of rates, round by round, so that a slow minute of the machine hits both."""
    ratios = [ours.rate / theirs.rate for ours, theirs in zip(turns, peer, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def _steps_within(each: Contestant, seconds: float) -> int:
    """How many steps take about so long; finding out warms the contestant up."""
    steps = 1
    while (taken := _train(each, steps)[0]) < seconds / 5:
        steps *= 2
    return max(1, round(steps * seconds / taken))


def _train(each: Contestant, steps: int) -> tuple[float, int]:
    """Seconds of the slowest process for so many steps, and the bytes that all have held at most."""
    for connection in each.connections:
        connection.send(steps)
    answers = [connection.recv() for connection in each.connections]
    return max(seconds for seconds, _ in answers), sum(peak for _, peak in answers)


def _work(connection: Connection, barrier: Barrier, make: Callable[..., Trainer], args: tuple) -> None:
    """The life of one process: make, say so, then train as often as asked."""
    trainer = make(*args)
    connection.send((trainer.runs, trainer.compile_seconds))
    with contextlib.suppress(EOFError):
        while True:
            steps = connection.recv()
            barrier.wait()
            began = time.perf_counter()
            trainer.advance(steps)
            connection.send((time.perf_counter() - began, peak_bytes()))
