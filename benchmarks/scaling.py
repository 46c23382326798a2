"""Compares ours, from one run to a thousand, with the strongest peers (ensembles, loops, CUDA graphs) and the floor."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any, NamedTuple

from benchmarks import floor, grids, lstm, peers, token_mlp, works
from benchmarks import transformer as nanda
from benchmarks.ensembles import ensemble
from benchmarks.machine import Machine, no_compiler
from benchmarks.timing import Contestant, Ratio, Turn, contestant, in_own_process, median_rate, ratio, take_turns
from grok_jax.memory import free_memory
from grok_jax.tasks.mnist import load_embedded
from grok_jax.training.chunks import FEWEST_STEPS

OURS, PRODUCTS, COPIES = "ours", "products", "copies"
COMPILED, EAGER, GRAPH = "compiled ensemble", "eager ensemble", "CUDA graph"
COUNTS = (1, 16, 256, 1024)
FEWER = (1, 16, 256)  # for works where a step of more runs takes seconds on CPU cores
NO_GRAPHS = "needs a CUDA device"
NO_ROOM = "not enough memory beside the others"
FAILED = "ended with an error"
MEMORY_SHARE = 0.7  # share of the free memory that all sides together may take
# How many copies of a run's arrays a side holds: it keeps the initial state next to the trained one, and a step
# makes temporaries.
COPIES_HELD = 2
MOST_LOOPS = 16  # with more runs, the loops' results do not change


class Work(NamedTuple):
    """One kind of run, on both sides.

    Attributes:
      title: its title for readers.
      module: the module of our config.
      changes: number of runs -> changed fields by dotted name.
      make: makes the ensemble, see works.py.
      loop: threads, optimizer, *data -> the loop.
      data: returns the data for make and loop; called in a separate process.
      counts: kind of machine -> the numbers of runs to train at once.
    """

    title: str
    module: str
    changes: Callable[[int], Mapping[str, Any]]
    make: Callable[..., Any]
    loop: Callable[..., Any]
    data: Callable[[], tuple] = tuple
    counts: Mapping[str, Sequence[int]] = {"cpu": COUNTS, "gpu": COUNTS}


class Side(NamedTuple):
    """The speed of one side: run-steps per second, or why it was not measured."""

    rate: float | None = None
    low: float | None = None
    high: float | None = None
    compile_seconds: float | None = None
    missing: str | None = None
    ratio: Ratio | None = None  # our rate divided by this side's rate


class Scaled(NamedTuple):
    """A line of the table: one work at one number of runs.

    Attributes:
      work: the title of the work.
      runs: number of runs at once.
      floor: run-steps per second that the machine allows.
      bound: what sets the floor, "arithmetic" or "memory".
      operations_rate, bytes_rate: of the machine, per second.
      sides: by label, ours first.
    """

    work: str
    runs: int
    floor: float
    bound: str
    operations_rate: float
    bytes_rate: float
    sides: dict[str, Side]


class _Form(NamedTuple):
    """A side that can take part in the comparison, or the reason why it cannot."""

    processes: int
    make: Callable[..., Any]
    args: tuple
    missing: str | None = None


def _seeds(runs: int, **fields: Any) -> dict[str, Any]:
    return {"grid": f"seed=range({runs})", "training.probes": (), **fields}


def _digits() -> tuple[Any, Any]:
    images, labels = load_embedded()
    return images[:1000], labels[:1000]


WORKS = {
    "teacher_student": Work(
        "teacher-student",
        "configs.omnigrok.fig2b_teacher_student",
        lambda runs: _seeds(runs, **{"model.init_scale": 2.0, "optimizer.weight_decay": 0.03}),
        works.teacher_student,
        peers.teacher_student,
    ),
    "mnist": Work(
        "MNIST MLP, batch 200",
        "configs.omnigrok.fig3d_mnist_grokking",
        lambda runs: _seeds(runs, **{"optimizer.weight_decay": 0.1, "task.train_size": 1000}),
        works.mnist,
        peers.mnist,
        _digits,
        {"cpu": FEWER, "gpu": COUNTS},
    ),
    "landscape": Work(
        "MNIST landscape, batch 100",
        "configs.omnigrok.fig3abc_mnist_landscape",
        lambda runs: _seeds(runs, **{"task.train_size": 1000}),
        works.landscape,
        peers.landscape,
        _digits,
        {"cpu": FEWER, "gpu": COUNTS},
    ),
    "transformer": Work(
        "transformer, p = 113",
        "configs.omnigrok.fig7_transformer",
        lambda runs: nanda.changes(nanda.PAPER, runs),
        partial(works.transformer, **nanda.PAPER),
        partial(nanda.transformer, **nanda.PAPER, last_only=True),
        counts={"cpu": (2,), "gpu": (1, 16, 64)},
    ),
    "small_transformer": Work(
        "transformer, p = 31",
        "configs.omnigrok.fig7_transformer",
        lambda runs: nanda.changes(nanda.SMALL, runs),
        partial(works.transformer, **nanda.SMALL),
        partial(nanda.transformer, **nanda.SMALL, last_only=True),
        counts={"cpu": (1, 16), "gpu": COUNTS},
    ),
    "token_mlp": Work(
        f"token MLP, p = {lstm.P}",
        "benchmarks.token_mlp",
        lambda runs: _seeds(runs),
        works.modular_mlp,
        token_mlp.token_mlp,
        counts={"cpu": (16,), "gpu": COUNTS},
    ),
}


def compare(work: Work, runs: int, machine: Machine, preset: str, rounds: int, seconds: float) -> Scaled:
    """Lets all sides train the same number of runs at once, in turns with measurements of the machine.

    Args:
      work: what to train.
      runs: number of runs on each side; loops train one in each process.
      machine: the machine.
      preset: the preset of our config.
      rounds, seconds: number of turns of each side, and the approximate length of a turn.
    """
    changes = dict(work.changes(runs))
    needs = in_own_process(grids.needs, work.module, preset, changes)
    on_gpu = machine.kind == "gpu"
    held = needs.held * (runs if on_gpu else 1)  # a core trains one run at a time, a GPU all of them together
    forms = {
        PRODUCTS: _Form(1, floor.product_trainer, ()),
        COPIES: _Form(1, floor.copy_trainer, (held,)),
        OURS: _Form(1, grids.trainer, (work.module, preset, changes)),
        **peer_forms(work, runs, machine),
    }
    left = _left_out(forms, COPIES_HELD * needs.held * runs, machine)
    with ExitStack() as stack:
        sides: dict[str, Contestant] = {}
        for label, form in forms.items():
            if label not in left:
                try:
                    sides[label] = stack.enter_context(contestant(form.make, *form.args, processes=form.processes))
                except EOFError:  # its process has already printed the reason
                    left[label] = FAILED
        turns = take_turns(sides, rounds, seconds, {OURS: FEWEST_STEPS})  # as a sweep does
    devices = machine.cores if not on_gpu else 1
    operations_rate = floor.operations_of_product(machine.kind, devices) * median_rate(turns.pop(PRODUCTS))
    bytes_rate = floor.bytes_of_copy(held, devices) * median_rate(turns.pop(COPIES))
    rate, bound = floor.floor(needs, operations_rate, bytes_rate)
    told = {label: _told(turns[label], sides[label], turns[OURS]) for label in forms if label in turns}
    told |= {label: Side(missing=reason) for label, reason in left.items()}
    return Scaled(work.title, runs, rate, bound, operations_rate, bytes_rate, told)


def peer_forms(work: Work, runs: int, machine: Machine) -> dict[str, _Form]:
    """The peers for this number of runs, by label; the strongest kinds come first."""
    if machine.no_peer:
        return {COMPILED: _Form(0, int, (), machine.no_peer)}
    data = in_own_process(work.data)
    reason, forms = no_compiler(), {}
    on_gpu, count = machine.kind == "gpu", machine.cores

    def add(kind: str, form: str, processes: int, threads: int, missing: str | None = None) -> None:
        label = kind if on_gpu else f"{kind}, {_spread(processes, threads)}"
        args = (form, work.make, threads, runs // processes, *data)
        forms[label] = _Form(processes, ensemble, args, missing)

    if on_gpu:
        add(f"{COMPILED}, {GRAPH}", "compiled, CUDA graph", 1, 1, reason)
        add(COMPILED, "compiled", 1, 1, reason)
        add(f"{EAGER}, {GRAPH}", "eager, CUDA graph", 1, 1)
        add(EAGER, "eager", 1, 1)
    else:
        ways = [(count, 1) if runs % count == 0 else (1, 1)] + ([(1, count)] if count > 1 else [])
        for kind, form, missing in ((COMPILED, "compiled", reason), (EAGER, "eager", None)):
            for processes, threads in ways:
                add(kind, form, processes, threads, missing)
    return forms | _loops(work, runs, machine, data)


def _loops(work: Work, runs: int, machine: Machine, data: tuple) -> dict[str, _Form]:
    """Loops with a fused optimizer, if there are few runs: one per core, or a single one, also as a CUDA graph."""
    if runs > MOST_LOOPS:
        return {}
    fused = {"fused": True}
    if machine.kind == "gpu":
        graphed = _Form(1, work.loop, (1, {**fused, "capturable": True}, *data))
        return {f"loop, {GRAPH}": graphed, "loop": _Form(1, work.loop, (1, fused, *data))}
    ways = [(1, 1), (1, machine.cores)] if runs == 1 else [(min(runs, machine.cores), 1)]
    loops = {f"loop, {_spread(*way)}": _Form(way[0], work.loop, (way[1], fused, *data)) for way in dict.fromkeys(ways)}
    return loops | ({f"loop, {GRAPH}": _Form(1, int, (), NO_GRAPHS)} if runs == 1 else {})


def strongest(sides: Mapping[str, Side], kind: str = "") -> str | None:
    """The label of the fastest peer of a kind (by default, of any kind); None if no peer was measured."""
    rates = {label: side.rate for label, side in sides.items() if side.rate and label.startswith(kind)}
    rates.pop(OURS, None)
    return max(rates, key=rates.get) if rates else None


def text(scaled: Scaled) -> Iterator[str]:
    """Formats a comparison as text, with one line for each side."""
    yield f"{scaled.work}, {runs_in_words(scaled.runs)}; floor {scaled.floor:,.0f} run-steps/s, of {scaled.bound}"
    for label, side in scaled.sides.items():
        if side.missing:
            yield f"  {label}: {side.missing}"
            continue
        beside = "" if side.ratio is None else "; ours {:.2f} times as fast ({:.2f} .. {:.2f})".format(*side.ratio)
        yield (
            f"  {label}: {side.rate:,.0f} ({side.low:,.0f} .. {side.high:,.0f}), {side.rate / scaled.floor:.0%} of the "
            f"floor, compiled in {side.compile_seconds:.1f} s{beside}"
        )


def runs_in_words(count: int) -> str:
    """1 run; 1,024 runs."""
    return f"{count:,} run{'s' if count > 1 else ''}"


def _told(turns: Sequence[Turn], side: Contestant, ours: Sequence[Turn]) -> Side:
    rates = [turn.rate for turn in turns]
    beside = None if turns is ours else ratio(ours, turns)
    return Side(statistics.median(rates), min(rates), max(rates), side.compile_seconds, ratio=beside)


def _left_out(forms: Mapping[str, _Form], needed: int, machine: Machine) -> dict[str, str]:
    """Why sides are left out: they cannot run, or the sides before them take the memory."""
    left = {label: form.missing for label, form in forms.items() if form.missing}
    room = MEMORY_SHARE * free_memory() if machine.kind == "cpu" else float("inf")
    for label, form in forms.items():
        if label in left or form.make not in (grids.trainer, ensemble):
            continue
        room -= needed
        if room < 0 and label != OURS:
            left[label] = NO_ROOM
    return left


def _spread(processes: int, threads: int) -> str:
    if processes > 1:
        return f"{processes} processes"
    return f"{threads} threads" if threads > 1 else "1 thread"
