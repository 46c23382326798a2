"""The benchmarks, and the table they make."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import grids, memory, peers
from benchmarks.timing import CONTEXT, Ratio, Turn, contestant, median_rate, ratio, take_turns

REPOSITORY = Path(__file__).parent.parent
TEACHER_STUDENT = "configs.omnigrok.fig2b_teacher_student"
MNIST = "configs.omnigrok.fig3d_mnist_grokking"
RECORDED = (TEACHER_STUDENT, MNIST)
OURS = "ours"
FUSED = ", fused AdamW"


class Size(NamedTuple):
    """How much a benchmark does."""

    preset: str  # of the configs
    rounds: int
    seconds: float  # of a turn
    runs_divisor: int = 1  # of the grids whose memory is measured


SMOKE = Size("smoke", rounds=1, seconds=0.05, runs_divisor=250)


class Row(NamedTuple):
    """A line of the table; None where a benchmark does not measure it."""

    benchmark: str
    rate: float | None = None  # run-steps per second
    peer: str | None = None  # the peer's rate and which of its variants it is, or why there is none
    ratio: Ratio | None = None
    compile_seconds: float | None = None
    measuring_share: float | None = None
    peak_bytes: int | None = None
    turns: Mapping[str, Sequence[Turn]] | None = None


def teacher_student(size: Size) -> Iterator[Row]:
    """Omnigrok's fig. 2b, 16 runs."""
    grid = "model.init_scale=2, 0.5; optimizer.weight_decay=0, 0.03; seed=range(4)"
    yield from _beside_pytorch("teacher-student, 16 runs", TEACHER_STUDENT, grid, size, peers.teacher_student)


def mnist(size: Size) -> Iterator[Row]:
    """Omnigrok's fig. 3d on the embedded digits, 8 runs."""
    digits = _in_own_process(_first_digits, 1000)
    yield from _beside_pytorch("MNIST MLP, batch 200, 8 runs", MNIST, "seed=range(8)", size, peers.mnist, *digits)


def records(size: Size) -> Iterator[Row]:
    """What measuring and recording cost, over whole figures with their own grids and records."""
    for module in RECORDED:
        whole = _in_own_process(grids.whole_run, module, size.preset)
        yield Row(
            f"{_figure(module)}, {size.preset}, whole",
            whole.rate,
            compile_seconds=whole.compile_seconds,
            measuring_share=whole.measuring_share,
            peak_bytes=whole.peak_bytes,
        )


def thousand(size: Size) -> Iterator[Row]:
    """Memory of a grid of 1000 teacher-student runs."""
    grid = f"model.init_scale=2, 0.5; optimizer.weight_decay=0, 0.03; seed=range({250 // size.runs_divisor})"
    held = _in_own_process(memory.few_steps, TEACHER_STUDENT, size.preset, {"grid": grid})
    yield _held_row(f"teacher-student, {held.runs:,} runs", held)


def figures(size: Size) -> Iterator[Row]:
    """Memory and compile time of every figure that has a config."""
    for path in sorted(REPOSITORY.glob("configs/*/fig*.py")):
        module = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
        held = _in_own_process(memory.few_steps, module, size.preset, {})
        yield _held_row(f"{_figure(module)}, {size.preset}", held)


BENCHMARKS: dict[str, Callable[[Size], Iterator[Row]]] = {
    "teacher_student": teacher_student,
    "mnist": mnist,
    "records": records,
    "memory": thousand,
    "figures": figures,
}


def table(rows: Sequence[Row]) -> str:
    """Rows as aligned text."""
    titles = ("benchmark", "ours, run-steps/s", "PyTorch, run-steps/s", "ratio", "compile s", "measuring", "peak GiB")
    cells = [titles, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]])


def _beside_pytorch(
    name: str, module: str, grid: str, size: Size, peer: Callable[..., Any], *data: Any
) -> Iterator[Row]:
    """A row beside the loop as users write it (the faster of processes and threads), and one beside the fused AdamW."""
    count = peers.cores()
    with ExitStack() as stack:
        sides = {OURS: stack.enter_context(contestant(grids.trainer, module, size.preset, {"grid": grid}))}
        compiling = sides[OURS].compile_seconds
        if peers.has_torch():
            processes = partial(contestant, processes=count)
            for label, start, threads, optimizer in (
                (f"{count} processes", processes, 1, {}),
                (f"{count} threads", contestant, count, {}),
                (f"{count} processes{FUSED}", processes, 1, {"fused": True}),
            ):
                sides[label] = stack.enter_context(start(peer, threads, optimizer, *data))
        turns = take_turns(sides, size.rounds, size.seconds)
    ours = turns[OURS]
    row = Row(name, median_rate(ours), compile_seconds=compiling, peak_bytes=ours[-1].peak_bytes, turns=turns)
    if not peers.has_torch():
        yield row._replace(peer="torch is not installed")
        return
    plain = [label for label in turns if label != OURS and not label.endswith(FUSED)]
    yield _against(max(plain, key=lambda label: median_rate(turns[label])), row)
    (fused,) = (label for label in turns if label.endswith(FUSED))
    yield _against(fused, Row(name, row.rate, turns=turns))


def _against(label: str, row: Row) -> Row:
    peer = row.turns[label]
    return row._replace(peer=f"{median_rate(peer):,.0f} ({label})", ratio=ratio(row.turns[OURS], peer))


def _figure(module: str) -> str:
    """configs.omnigrok.fig2b_teacher_student -> omnigrok/fig2b"""
    _, paper, figure = module.split(".")
    return f"{paper}/{figure.split('_')[0]}"


def _held_row(name: str, held: memory.Held) -> Row:
    return Row(name, compile_seconds=held.compile_seconds, peak_bytes=held.peak_bytes)


def _first_digits(count: int) -> tuple[Any, Any]:
    from grok_jax.tasks.mnist import load_embedded

    images, labels = load_embedded()
    return images[:count], labels[:count]


def _in_own_process(function: Callable, *args: Any) -> Any:
    """function(*args) in a fresh process, so that nothing is compiled or held from before."""
    with ProcessPoolExecutor(1, mp_context=CONTEXT) as pool:
        return pool.submit(function, *args).result()


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.benchmark,
        "" if row.rate is None else f"{row.rate:,.0f}",
        row.peer or "",
        "" if row.ratio is None else "{:.1f} ({:.1f} .. {:.1f})".format(*row.ratio),
        "" if row.compile_seconds is None else f"{row.compile_seconds:.1f}",
        "" if row.measuring_share is None else f"{row.measuring_share:.1%}",
        "" if row.peak_bytes is None else f"{row.peak_bytes / 2**30:.2f}",
    )
