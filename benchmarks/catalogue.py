"""All benchmarks by name. --only usually takes the first part of a name, up to the dot."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks import costs, methods, scaling, suite

Benchmark = Callable[[suite.Size], Iterator[Any]]
SLOW = ("figures",)  # run only on request
DEMO = (
    "configs.omnigrok.fig2b_teacher_student",
    "configs.omnigrok.fig3d_mnist_grokking",
    "configs.lazy_to_rich.fig8_student_teacher",
)
PLANNED = (("teacher_student", 1024), ("landscape", 256), ("small_transformer", 16))


def every(kind: str = "cpu") -> dict[str, Benchmark]:
    """The benchmarks for a kind of machine, in the order in which they run."""
    at_once = {
        f"at_once.{name}.{runs}": partial(_at_once, work=work, runs=runs)
        for name, work in scaling.WORKS.items()
        for runs in work.counts[kind]
    }
    return {
        **at_once,
        "compile": compiling,
        "planned_memory": planned_memory,
        "methods": methods.stepped,
        **suite.BENCHMARKS,
    }


def chosen(words: Sequence[str], benchmarks: Mapping[str, Benchmark]) -> dict[str, Benchmark]:
    """The benchmarks named by a word, or by a word and a dot; without words, all but the slow ones."""
    if not words:
        return {name: each for name, each in benchmarks.items() if name not in SLOW}
    return {name: each for name, each in benchmarks.items() if any(f"{name}.".startswith(f"{word}.") for word in words)}


def families() -> list[str]:
    """The first parts of the names."""
    return list(dict.fromkeys(name.partition(".")[0] for name in every()))


def compiling(size: suite.Size) -> Iterator[costs.Compiled]:
    """Compiling the demo's figures, on the first start and on the second."""
    for module in DEMO:
        yield costs.compiled(f"{suite.figure_id(module)}, {size.preset}", module, size.preset, {})


def planned_memory(size: suite.Size) -> Iterator[costs.Weighed]:
    """The memory that grids hold, next to the planner's prediction."""
    for name, runs in PLANNED:
        work, count = scaling.WORKS[name], max(1, runs // size.runs_divisor)
        yield costs.weighed(work.title, work.module, size.preset, work.changes(count))


def _at_once(size: suite.Size, work: scaling.Work, runs: int) -> Iterator[scaling.Scaled]:
    yield scaling.compare(work, runs, size.place(), size.preset, size.rounds, size.seconds)
