"""Times contestants that train in turns, each in its own processes, on a machine that others may also be using."""

import contextlib
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from types import MappingProxyType
from typing import Any, NamedTuple

from benchmarks.memory import peak_bytes

NO_NUMBERS: Mapping[str, int] = MappingProxyType({})
CONTEXT = multiprocessing.get_context("spawn")  # JAX and PyTorch have threads, which do not survive a fork


class Trainer(NamedTuple):
    """What one process of a contestant trains.

    Attributes:
      advance: trains all its runs for the given number of steps and returns when they are done.
      runs: how many runs it trains.
      compile_seconds: the compile time; 0 if nothing is compiled.
    """

    advance: Callable[[int], None]
    runs: int
    compile_seconds: float = 0.0


class Contestant(NamedTuple):
    """Processes that train at the same time."""

    connections: list[Connection]
    runs: int  # number of runs of all its processes together
    compile_seconds: float


class Turn(NamedTuple):
    """What a contestant did in one turn."""

    rate: float  # run-steps per second
    peak_bytes: int  # peak memory of all its processes together so far


class Ratio(NamedTuple):
    """The rate of one contestant divided by the rate of another, over pairs of turns in the same round."""

    median: float
    low: float
    high: float


def in_own_process(function: Callable[..., Any], *args: Any) -> Any:
    """Calls function(*args) in a new process, so that nothing is already compiled or held in memory."""
    with ProcessPoolExecutor(1, mp_context=CONTEXT) as pool:
        return pool.submit(function, *args).result()


@contextlib.contextmanager
def contestant(make: Callable[..., Trainer], *args: Any, processes: int = 1) -> Iterator[Contestant]:
    """Starts processes that each train make(*args), waits until they are ready, and ends them afterward."""
    barrier = CONTEXT.Barrier(processes)
    connections = []
    with contextlib.ExitStack() as stack:
        for _ in range(processes):
            ours, theirs = CONTEXT.Pipe()
            worker = CONTEXT.Process(target=_work, args=(theirs, barrier, make, args), daemon=True)
            worker.start()
            theirs.close()  # only the worker holds it now, so we notice if the worker dies
            stack.callback(worker.join)
            connections.append(stack.enter_context(ours))  # closes before the join, which ends the worker
        stack.callback(barrier.abort)  # if one worker dies, the others must not wait for it
        ready = [connection.recv() for connection in connections]
        yield Contestant(connections, sum(runs for runs, _ in ready), max(seconds for _, seconds in ready))


def take_turns(
    contestants: Mapping[str, Contestant], rounds: int, seconds: float, fewest: Mapping[str, int] = NO_NUMBERS
) -> dict[str, list[Turn]]:
    """Lets contestants train one after the other, round by round; every other round is in reverse order.

    Args:
      contestants: the contestants by name.
      rounds: number of turns of each.
      seconds: approximate length of a turn.
      fewest: the fewest steps of a turn, for contestants that have such a number.

    Returns:
      The turns of each contestant, by name.
    """
    steps = {name: max(_steps_within(each, seconds), fewest.get(name, 1)) for name, each in contestants.items()}
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
    """The ratio of rates, round by round, so that a slow minute of the machine affects both."""
    ratios = [ours.rate / theirs.rate for ours, theirs in zip(turns, peer, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def _steps_within(each: Contestant, seconds: float) -> int:
    """The number of steps that take about this long; finding it warms up the contestant."""
    steps = 1
    while (taken := _train(each, steps)[0]) < seconds / 5:
        steps *= 2
    return max(1, round(steps * seconds / taken))


def _train(each: Contestant, steps: int) -> tuple[float, int]:
    """The seconds that the slowest process takes for these steps, and the peak bytes of all processes."""
    for connection in each.connections:
        connection.send(steps)
    answers = [connection.recv() for connection in each.connections]
    return max(seconds for seconds, _ in answers), sum(peak for _, peak in answers)


def _work(connection: Connection, barrier: Barrier, make: Callable[..., Trainer], args: tuple) -> None:
    """The main function of one process: makes its trainer, reports that it is ready, then trains on request."""
    trainer = make(*args)
    connection.send((trainer.runs, trainer.compile_seconds))
    with contextlib.suppress(EOFError):
        while True:
            steps = connection.recv()
            barrier.wait()
            began = time.perf_counter()
            trainer.advance(steps)
            connection.send((time.perf_counter() - began, peak_bytes()))
