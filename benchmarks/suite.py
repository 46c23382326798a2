"""The benchmarks, and the table of their results."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import graph_network as graphs
from benchmarks import grids, kernels, peers
from benchmarks import lstm as recurrent
from benchmarks import reviews as films
from benchmarks import token_mlp as tokens
from benchmarks import transformer as nanda
from benchmarks.machine import Machine, host
from benchmarks.timing import Ratio, contestant, in_own_process, median_rate, ratio, take_turns
from grok_jax.kernels.tangent import LAYERS, METHODS
from grok_jax.tasks.mnist import load_embedded

REPOSITORY = Path(__file__).parent.parent
TEACHER_STUDENT = "configs.omnigrok.fig2b_teacher_student"
MNIST = "configs.omnigrok.fig3d_mnist_grokking"
TRANSFORMER = "configs.omnigrok.fig7_transformer"
LANDSCAPE = "configs.omnigrok.fig3abc_mnist_landscape"
LSTM = "benchmarks.lstm"
REVIEWS = "benchmarks.reviews"
TOKEN_MLP = "benchmarks.token_mlp"
GRAPH_NETWORK = "benchmarks.graph_network"
COMMITTEE = "configs.lazy_to_rich.fig3e_phase_map"
RECORDED = (TEACHER_STUDENT, MNIST)
OURS = "ours"
BY_JACOBIANS = f"{OURS}, by Jacobians"
KERNEL_ROUNDS = 3  # few, because a turn of the peer takes half a minute


class Size(NamedTuple):
    """How much a benchmark does."""

    preset: str  # preset of the configs
    rounds: int
    seconds: float  # length of a turn
    runs_divisor: int = 1  # divides the number of runs in the grids whose memory is measured
    committee: Mapping[str, int] = {"task.features": 100, "task.train_size": 550, "model.width": 500}
    kernel_rows: int = 1000
    machine: Machine | None = None

    def place(self) -> Machine:
        """The machine on which both sides run: the CPU cores by default."""
        return self.machine or host()


SMALL = {"task.features": 8, "task.train_size": 20, "model.width": 10}
SMOKE = Size("smoke", rounds=1, seconds=0.05, runs_divisor=250, committee=SMALL, kernel_rows=8)


class Row(NamedTuple):
    """A line of the table; values that a benchmark does not measure are None."""

    benchmark: str
    rate: float | None = None  # run-steps per second
    peer: str | None = None  # the peer's rate (or seconds) and its variant, or why there is no peer
    ratio: Ratio | None = None
    compile_seconds: float | None = None
    measuring_share: float | None = None
    peak_bytes: int | None = None
    seconds: float | None = None  # for benchmarks that do not count steps
    turns: Mapping[str, Sequence[Any]] | None = None


def teacher_student(size: Size) -> Iterator[Row]:
    """Omnigrok's fig. 2b, 16 runs."""
    grid = "model.init_scale=2, 0.5; optimizer.weight_decay=0, 0.03; seed=range(4)"
    changes = {"grid": grid, "training.probes": ()}  # the peer has no probes
    yield from _beside_pytorch("teacher-student, 16 runs", TEACHER_STUDENT, changes, size, peers.teacher_student)


def mnist(size: Size) -> Iterator[Row]:
    """Omnigrok's fig. 3d on the embedded digits, 8 runs."""
    digits = in_own_process(_first_digits, 1000)
    changes = {"grid": "seed=range(8)"}
    yield from _beside_pytorch("MNIST MLP, batch 200, 8 runs", MNIST, changes, size, peers.mnist, *digits)


def landscape(size: Size) -> Iterator[Row]:
    """A row of Omnigrok's fig. 3a on the embedded digits: 21 initial scales, 1000 digits."""
    digits = in_own_process(_first_digits, 1000)
    changes = {"grid": "model.init_scale=log(0.1, 10, 21)", "task.train_size": 1000}
    name = "MNIST landscape, batch 100, 21 runs"
    yield from _beside_pytorch(name, LANDSCAPE, changes, size, peers.landscape, *digits)


def committee(size: Size) -> Iterator[Row]:
    """Kumar et al.'s fig. 3e, the whole plane: 14 laziness values times 14 nonlinearities."""
    grid = "model.output_scale=lin(0.4, 5.6, 14); model.epsilon=lin(0.02, 0.28, 14)"
    changes, sizes = {**size.committee, "grid": grid}, size.committee.values()
    yield from _beside_pytorch("committee, 14 x 14 runs", COMMITTEE, changes, size, peers.committee, *sizes)


def transformer(size: Size) -> Iterator[Row]:
    """The network of Omnigrok's fig. 7: at the paper's size with 2 runs, and a small one with 8 runs."""
    for name, sizes, runs in (("paper", nanda.PAPER, 2), ("grid", nanda.SMALL, 8)):
        changes = nanda.changes(sizes, runs)
        for form, last_only in (("every position", False), ("last position only", True)):
            peer = partial(nanda.transformer, **sizes, last_only=last_only)
            title = f"transformer {name}, {runs} runs; PyTorch: {form}"
            yield from _beside_pytorch(title, TRANSFORMER, changes, size, peer)


def lstm(size: Size) -> Iterator[Row]:
    """A two-layer LSTM on addition modulo 53, 8 runs."""
    yield from _beside_pytorch("LSTM, 3 tokens, 8 runs", LSTM, {}, size, recurrent.lstm)


def reviews(size: Size) -> Iterator[Row]:
    """A two-layer LSTM on IMDb reviews cut to 100 words, 8 runs."""
    data = in_own_process(films.first_reviews)
    yield from _beside_pytorch("LSTM, 100 words, batch 50, 8 runs", REVIEWS, {}, size, films.reviews, *data)


def token_mlp(size: Size) -> Iterator[Row]:
    """Three layers over token embeddings on the same task, 8 runs."""
    yield from _beside_pytorch("token MLP, 8 runs", TOKEN_MLP, {}, size, tokens.token_mlp)


def graph_network(size: Size) -> Iterator[Row]:
    """Omnigrok's graph network on the first molecules of QM9, 8 runs."""
    molecules = in_own_process(graphs.first_molecules)
    forms = {"plain": graphs.plain}
    if graphs.has_geometric():
        forms["Geometric"] = graphs.geometric
    for form, peer in forms.items():
        name = f"QM9 graph network, batch 32, 8 runs; PyTorch: {form}"
        yield from _beside_pytorch(name, GRAPH_NETWORK, {}, size, peer, molecules)


def kernel(size: Size) -> Iterator[Row]:
    """The tangent kernel of the MNIST network, averaged over its outputs: time, and memory of the whole process."""
    rows = size.kernel_rows
    digits, _ = in_own_process(_first_digits, rows)
    sides = {OURS: partial(kernels.averaged, digits), BY_JACOBIANS: partial(kernels.averaged, digits, block_rows=168)}
    chunks = {"all rows at once": rows, "in chunks of a fifth": rows // 5} if not size.place().no_peer else {}
    sides |= {label: partial(kernels.pytorch, digits, chunk) for label, chunk in chunks.items()}
    turns = {name: [] for name in sides}
    for _ in range(min(size.rounds, KERNEL_ROUNDS)):
        for name, side in sides.items():
            turns[name].append(in_own_process(side))
    for ours in (OURS, BY_JACOBIANS):
        row = Row(
            f"NTK of {rows:,} digits, MNIST MLP" + ours.removeprefix(OURS),
            seconds=statistics.median(taken.seconds for taken in turns[ours]),
            compile_seconds=turns[ours][-1].compile_seconds,
            peak_bytes=max(taken.peak_bytes for taken in turns[ours]),
        )
        if not chunks:
            yield row._replace(peer=size.place().no_peer)
        yield from (_against_kernel(row, turns[ours], label, turns[label]) for label in chunks)


def full_kernel(size: Size) -> Iterator[Row]:
    """The tangent kernel of the MNIST network over pairs of its outputs, from its layers."""
    yield from _full_kernels(size, size.kernel_rows, (LAYERS,))


def baseline_kernel(size: Size) -> Iterator[Row]:
    """The same kernel of a fifth of the digits in both ways, because neural-tangents takes minutes for all of them."""
    yield from _full_kernels(size, max(2, size.kernel_rows // 5), METHODS)


def _full_kernels(size: Size, rows: int, methods: Sequence[str]) -> Iterator[Row]:
    digits, _ = in_own_process(_first_digits, rows)
    turns: dict[str, list[kernels.Taken]] = {by: [] for by in methods}
    for _ in range(min(size.rounds, KERNEL_ROUNDS)):
        for by in methods:
            turns[by].append(in_own_process(partial(kernels.full, digits, by)))
    for by in methods:
        yield Row(
            f"NTK of {rows:,} digits x 10 outputs, MNIST MLP" + (f", by {by}" if by != LAYERS else ""),
            seconds=statistics.median(taken.seconds for taken in turns[by]),
            compile_seconds=turns[by][-1].compile_seconds,
            peak_bytes=max(taken.peak_bytes for taken in turns[by]),
        )


def records(size: Size) -> Iterator[Row]:
    """The cost of measuring and recording, over whole figures with their own grids and records."""
    for module in RECORDED:
        whole = in_own_process(grids.whole_run, module, size.preset)
        yield Row(
            f"{figure_id(module)}, {size.preset}, whole",
            whole.rate,
            compile_seconds=whole.compile_seconds,
            measuring_share=whole.measuring_share,
            peak_bytes=whole.peak_bytes,
        )


def thousand(size: Size) -> Iterator[Row]:
    """The memory of a grid of 1000 teacher-student runs."""
    grid = f"model.init_scale=2, 0.5; optimizer.weight_decay=0, 0.03; seed=range({250 // size.runs_divisor})"
    held = in_own_process(grids.few_steps, TEACHER_STUDENT, size.preset, {"grid": grid})
    yield _held_row(f"teacher-student, {held.runs:,} runs", held)


def figures(size: Size) -> Iterator[Row]:
    """The memory and compile time of every figure that has a config."""
    for path in sorted(REPOSITORY.glob("configs/*/fig*.py")):
        module = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
        held = in_own_process(grids.few_steps, module, size.preset, {})
        yield _held_row(f"{figure_id(module)}, {size.preset}", held)


BENCHMARKS: dict[str, Callable[[Size], Iterator[Row]]] = {
    "teacher_student": teacher_student,
    "mnist": mnist,
    "landscape": landscape,
    "committee": committee,
    "transformer": transformer,
    "lstm": lstm,
    "reviews": reviews,
    "token_mlp": token_mlp,
    "graph_network": graph_network,
    "kernel": kernel,
    "full_kernel": full_kernel,
    "baseline_kernel": baseline_kernel,
    "records": records,
    "memory": thousand,
    "figures": figures,
}


def table(rows: Sequence[Row]) -> str:
    """Formats rows as aligned text."""
    titles = ("benchmark", "ours, run-steps/s", "PyTorch, run-steps/s", "ratio", "compile s", "measuring", "peak GiB")
    cells = [titles, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]])


def _beside_pytorch(
    name: str, module: str, changes: Mapping[str, Any], size: Size, peer: Callable[..., Any], *data: Any
) -> Iterator[Row]:
    """One row next to the loop as users write it (the faster of processes and threads), one next to its fused step."""
    place = size.place()
    with ExitStack() as stack:
        sides = {OURS: stack.enter_context(contestant(grids.trainer, module, size.preset, changes))}
        compiling = sides[OURS].compile_seconds
        for form in () if place.no_peer else peers.forms(place):
            made = contestant(peer, form.threads, form.optimizer, *data, processes=form.processes)
            sides[form.label] = stack.enter_context(made)
        turns = take_turns(sides, size.rounds, size.seconds)
    ours = turns[OURS]
    row = Row(name, median_rate(ours), compile_seconds=compiling, peak_bytes=ours[-1].peak_bytes, turns=turns)
    if place.no_peer:
        yield row._replace(peer=place.no_peer)
        return
    plain = [label for label in turns if label != OURS and not label.endswith(peers.FUSED)]
    yield _against(max(plain, key=lambda label: median_rate(turns[label])), row)
    (fused,) = (label for label in turns if label.endswith(peers.FUSED))
    yield _against(fused, Row(name, row.rate, turns=turns))


def _against(label: str, row: Row) -> Row:
    peer = row.turns[label]
    return row._replace(peer=f"{median_rate(peer):,.0f} ({label})", ratio=ratio(row.turns[OURS], peer))


def _against_kernel(row: Row, ours: Sequence[kernels.Taken], label: str, theirs: Sequence[kernels.Taken]) -> Row:
    ratios = [two.seconds / one.seconds for one, two in zip(ours, theirs, strict=True)]
    seconds, peak = statistics.median(taken.seconds for taken in theirs), max(taken.peak_bytes for taken in theirs)
    return row._replace(
        peer=f"{seconds:.1f} s, {peak / 2**30:.2f} GiB ({label})",
        ratio=Ratio(statistics.median(ratios), min(ratios), max(ratios)),
        turns={OURS: ours, label: theirs},
    )


def figure_id(module: str) -> str:
    """configs.omnigrok.fig2b_teacher_student -> omnigrok/fig2b"""
    _, paper, figure = module.split(".")
    return f"{paper}/{figure.split('_')[0]}"


def _held_row(name: str, held: grids.Held) -> Row:
    return Row(name, compile_seconds=held.compile_seconds, peak_bytes=held.peak_bytes)


def _first_digits(count: int) -> tuple[Any, Any]:
    images, labels = load_embedded()
    return images[:count], labels[:count]


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.benchmark,
        _measured(row),
        row.peer or "",
        "" if row.ratio is None else "{:.1f} ({:.1f} .. {:.1f})".format(*row.ratio),
        "" if row.compile_seconds is None else f"{row.compile_seconds:.1f}",
        "" if row.measuring_share is None else f"{row.measuring_share:.1%}",
        "" if row.peak_bytes is None else f"{row.peak_bytes / 2**30:.2f}",
    )


def _measured(row: Row) -> str:
    if row.seconds is not None:
        return f"{row.seconds:.2f} s"
    return "" if row.rate is None else f"{row.rate:,.0f}"
