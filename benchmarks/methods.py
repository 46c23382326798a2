"""What a step of each method of the arena costs beside a step of AdamW, on each of the arena's tasks."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

from benchmarks import grids
from benchmarks.suite import Size
from benchmarks.timing import Ratio, contestant, median_rate, ratio, take_turns
from configs.arena.fig5_arena import METHOD_AXIS, METHODS, TASK_AXIS, get_config, methods_axis
from experiments.arena.fig5_arena import BASELINE, TASKS
from grok_jax.training.grid import grid_text, parse_grid

MODULE = "configs.arena.fig5_arena"
PRESETS = {"quick": "medium"}  # the preset that ranks, where the benchmarks measure
RATE, DECAY = 3e-3, 1.0  # they do not change what a step costs


class Stepped(NamedTuple):
    """The speed of one run of a method.

    Attributes:
      task: the task in words.
      method: the method in words.
      rate: steps per second.
      cost: the time of a step over that of a step of AdamW in the same round.
    """

    task: str
    method: str
    rate: float
    cost: Ratio


def stepped(size: Size) -> Iterator[Stepped]:
    """One run of each of the preset's methods takes turns with the others, task by task."""
    preset = PRESETS.get(size.preset, size.preset)
    parts = {point[:3] for point in _axis(preset, METHOD_AXIS)}
    names = [method for method in METHODS if METHODS[method] in parts]
    for place, (name, *_) in enumerate(_axis(preset, TASK_AXIS)):
        with ExitStack() as stack:
            sides = {
                method: stack.enter_context(contestant(grids.trainer, MODULE, preset, _changes(preset, place, method)))
                for method in names
            }
            turns = take_turns(sides, size.rounds, size.seconds)
        for method, own in turns.items():
            yield Stepped(TASKS[name], method, median_rate(own), ratio(turns[BASELINE], own))


def _axis(preset: str, name: str) -> list[tuple[Any, ...]]:
    """The points of an axis of the arena's grid, without the steps that may follow its fields."""
    (values,) = (axis.values for axis in parse_grid(get_config(preset).grid) if f"{axis.name},".startswith(f"{name},"))
    return [point[: name.count(",") + 1] for point in values]


def _changes(preset: str, place: int, method: str) -> dict[str, Any]:
    grid = {
        TASK_AXIS: _axis(preset, TASK_AXIS)[place : place + 1],
        **methods_axis((method,), (RATE,), (DECAY,)),
        "seed": (0,),
    }
    return {"grid": grid_text(grid), "training.probes": ()}
