"""Makes the page of results, speed.md, from speed.json, and formats the same rows as text."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import kept, picture, scaling, suite
from benchmarks.costs import Compiled, Weighed
from benchmarks.kept import Entry
from benchmarks.methods import Stepped
from benchmarks.scaling import COMPILED, EAGER, GRAPH, OURS, Scaled, Side, runs_in_words
from benchmarks.suite import Row

FILE = "speed.md"
HEAD = """\
# How fast it is

`make bench` measures your machine. This page is made from [speed.json](speed.json), which
`python -m benchmarks.run --out=docs` writes.

A run-step is one optimizer step of one run. All sides take turns on the same device, at the same precision. Rates are
medians over the turns. Ratios compare turns of the same round; their range is in brackets. No side measures or records
anything while it trains, unless the table says so.
"""
AT_ONCE = """\
### Beside the strongest peers

This compares grok_jax with PyTorch in its fastest forms: ensembles by torch.func (stacked weights, vmap of grad,
AdamW by hand), with and without torch.compile, and loops with a fused optimizer that train one run each. On both sides
every run has its own weights, order of rows, learning rate and decay. If a form can be spread over processes or over
threads, we measure both, and the faster one counts. All rates are run-steps per second of all runs together.

The floor is the shortest time that the whole machine allows. It is the longer of two times: that of the operations of
all matrix products at the rate of large products, and that of the bytes of weights, moments, gradients and activations
at the rate of copies. The column "of the floor" says how much of that speed ours reaches. A single run has only one
core, or few of the units of a GPU.
"""
DASH = "–"


def text(rows: Sequence[Any]) -> str:
    """Formats rows of any kind as text for a terminal."""
    plain = [row for row in rows if isinstance(row, Row)]
    lines = [suite.table(plain)] if plain else []
    for row in rows:
        if isinstance(row, Scaled):
            lines += scaling.text(row)
        elif isinstance(row, Compiled):
            lines.append(f"{row.benchmark}: {_compiling(row)}")
        elif isinstance(row, Weighed):
            held = f"{_gib(row.held)} held, {_gib(row.predicted)} were predicted"
            lines.append(f"{row.benchmark}, {runs_in_words(row.runs)}: {held}")
        elif isinstance(row, Stepped):
            lines.append(f"{row.task}, {row.method}: {row.rate:,.0f} steps/s, {_ratio(row.cost)} times AdamW's time")
    return "\n".join(lines)


def write(folder: Path) -> None:
    """Writes the page of a folder's results, and a picture for each entry that has anything to draw."""
    entries = kept.read(folder)
    (folder / FILE).write_text(markdown(entries), "utf-8")
    for key, entry in entries.items():
        if drawn := picture.drawable(entry.rows(Scaled)):
            picture.write(folder / picture_name(key), drawn)


def picture_name(key: str) -> str:
    """The file name of an entry's picture."""
    return f"speed_{key}.png"


def markdown(entries: Mapping[str, Entry]) -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *(line for key, entry in entries.items() for line in _section(key, entry))])


def summary(entry: Entry) -> list[str]:
    """The README's table: up to five numbers, those that were measured, one row each."""
    return [f"| {what} | {number} |" for what, number in _numbers(entry)]


def _numbers(entry: Entry) -> Iterator[tuple[str, str]]:
    scaled = entry.rows(Scaled)
    for work, networks in (("teacher_student", "small networks"), ("mnist", "digit classifiers")):
        title = scaling.WORKS[work].title
        rows = [row for row in scaled if row.work == title and scaling.strongest(row.sides)]
        if rows:
            most = max(rows, key=lambda row: row.runs)
            times = most.sides[scaling.strongest(most.sides)].ratio.median
            words = f"training {most.runs:,} {networks} ({title})"
            yield words, f"{times:.1f} times as fast as the fastest PyTorch that we could write"
    digits = [row for row in scaled if row.work == scaling.WORKS["mnist"].title]
    if digits:
        best = max(digits, key=_share)
        yield f"training {best.runs:,} digit classifiers", f"{_share(best):.0%} of the speed that the machine allows"
    for row in entry.rows(Compiled)[:1]:
        yield f"compiling {_figure_of(row.benchmark)}", _compiling(row)
    for row in [row for row in entry.rows(Row) if row.measuring_share is not None][:1]:
        yield f"measuring and recording in {_figure_of(row.benchmark)}", f"{row.measuring_share:.1%} of its time"


def _figure_of(benchmark: str) -> str:
    """E.g. "figure 2b (omnigrok, quick)" for "omnigrok/fig2b, quick, whole"."""
    found = re.match(r"(\w+)/fig(\w+), (\w+)", benchmark)
    return f"figure {found[2]} ({found[1]}, {found[3]})" if found else benchmark


def _section(key: str, entry: Entry) -> Iterator[str]:
    about = entry.about
    versions = ", ".join(f"{name} {about[name]}" for name in ("jax", "torch", "optax") if about.get(name))
    dates = sorted({each["date"] for each in entry.benchmarks.values()})
    days = " to ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else about["date"]
    yield f"## {about['device']}, {about['precision']} products\n"
    yield f"Measured on {days} with {versions}, Python {about['python']}."
    yield f"When the benchmarks started, other processes had a load of {about['load_before']:.1f}.\n"
    scaled, plain = entry.rows(Scaled), entry.rows(Row)
    if picture.drawable(scaled):
        yield f"![Rates by number of runs, and what the machine allows]({picture_name(key)})\n"
    if scaled:
        yield AT_ONCE
        yield from _at_once(scaled)
        yield from _machine(scaled)
        yield from _by_label(scaled)
    yield from _costs(entry)
    if stepped := entry.rows(Stepped):
        yield from _methods(stepped)
    beside = [row for row in plain if row.rate is not None and row.measuring_share is None]
    if beside:
        yield "### Beside loops\n"
        yield "Each PyTorch loop trains one run, in the faster of processes and threads; then with a fused optimizer.\n"
        yield from _table(
            ("runs", "ours, run-steps/s", "PyTorch, run-steps/s", "times PyTorch"),
            [(row.benchmark, f"{row.rate:,.0f}", row.peer or DASH, _ratio(row.ratio)) for row in beside],
        )
    kernels = [row for row in plain if row.seconds is not None]
    if kernels:
        yield "### Kernels\n"
        yield from _table(
            ("kernel", "ours, s", "compile, s", "GiB of the process", "torch.func", "times torch.func"),
            [
                (
                    row.benchmark,
                    f"{row.seconds:.2f}",
                    f"{row.compile_seconds:.1f}",
                    f"{row.peak_bytes / 2**30:.2f}",
                    row.peer or DASH,
                    _ratio(row.ratio),
                )
                for row in kernels
            ],
        )


def _at_once(rows: Sequence[Scaled]) -> Iterator[str]:
    titles = ("work", "runs", "ours", "µs a run-step", "of the floor")
    peers = (COMPILED, EAGER, "loop", GRAPH)
    lines = []
    for row in rows:
        ours, label = row.sides[OURS], scaling.strongest(row.sides)
        lines.append(
            (
                row.work,
                f"{row.runs:,}",
                f"{ours.rate:,.0f}",
                _microseconds(ours.rate),
                f"{_share(row):.0%} ({row.bound})",
                *(_fastest(row.sides, kind) for kind in peers),
                DASH if label is None else f"{_ratio(row.sides[label].ratio)} ({label})",
            )
        )
    yield from _table((*titles, *peers, "times the strongest"), lines)


def _fastest(sides: Mapping[str, Side], kind: str) -> str:
    """The rate of the fastest side of a kind, or why it is missing. CUDA graphs of loops and ensembles are one kind."""
    own = {label: side for label, side in sides.items() if _is_of(label, kind)}
    rates = [side.rate for side in own.values() if side.rate]
    if rates:
        return f"{max(rates):,.0f}"
    return next((side.missing for side in own.values() if side.missing), DASH)


def _is_of(label: str, kind: str) -> bool:
    return label.endswith(kind) if kind == GRAPH else label.startswith(kind) and not label.endswith(GRAPH)


def _machine(rows: Sequence[Scaled]) -> Iterator[str]:
    """The rates of the machine in the same minutes."""
    products, copies = ([getattr(row, name) / 1e9 for row in rows] for name in ("operations_rate", "bytes_rate"))
    yield (
        f"The machine multiplied at {_range(products)} GFLOP/s, and copied at {_range(copies)} GB/s arrays as large as "
        "those that a step touches (of one run on a core, of all runs on a GPU).\n"
    )


def _by_label(rows: Sequence[Scaled]) -> Iterator[str]:
    yield "<details><summary>Every side</summary>\n"
    lines = []
    for row in rows:
        for label, side in row.sides.items():
            if side.missing:
                lines.append((row.work, f"{row.runs:,}", label, side.missing, DASH, DASH, DASH))
                continue
            rates = f"{side.rate:,.0f} ({side.low:,.0f} .. {side.high:,.0f})"
            seconds = f"{side.compile_seconds:.1f}" if side.compile_seconds else DASH
            share = f"{side.rate / row.floor:.0%}"
            lines.append((row.work, f"{row.runs:,}", label, rates, share, seconds, _ratio(side.ratio)))
    titles = ("work", "runs", "side", "run-steps/s", "of the floor", "compile, s", "ours is times as fast")
    yield from _table(titles, lines)
    yield "</details>\n"


def _costs(entry: Entry) -> Iterator[str]:
    if compiled := entry.rows(Compiled):
        yield "### Compiling\n"
        yield from _table(
            ("figure", "runs", "first start, s", "second start, s"),
            [(r.benchmark, f"{r.runs:,}", f"{r.first_seconds:.1f}", f"{r.cached_seconds:.1f}") for r in compiled],
        )
    if weighed := entry.rows(Weighed):
        yield "### Memory\n"
        yield "The memory that the planner predicts for all runs at once, and what the process added to its own.\n"
        yield from _table(
            ("work", "runs", "predicted", "held", "held / predicted"),
            [
                (r.benchmark, f"{r.runs:,}", _gib(r.predicted), _gib(r.held), f"{r.held / r.predicted:.2f}")
                for r in weighed
            ],
        )
    shares = [row for row in entry.rows(Row) if row.measuring_share is not None]
    if shares:
        yield "### Records\n"
        yield from _table(
            ("figure", "run-steps/s, records included", "share of measuring and recording"),
            [(row.benchmark, f"{row.rate:,.0f}", f"{row.measuring_share:.1%}") for row in shares],
        )
    held = [row for row in entry.rows(Row) if row.rate is None and row.seconds is None]
    if held:
        yield "### Whole grids\n"
        yield from _table(
            ("grid", "compile, s", "GiB of the process"),
            [(row.benchmark, f"{row.compile_seconds:.1f}", f"{row.peak_bytes / 2**30:.2f}") for row in held],
        )


def _methods(rows: Sequence[Stepped]) -> Iterator[str]:
    tasks, names = (list(dict.fromkeys(getattr(row, field) for row in rows)) for field in ("task", "method"))
    found = {(row.method, row.task): row for row in rows}
    yield "### Methods\n"
    yield (
        "The time that a step of each method takes, over that of a step of AdamW in the same round. One run, in the "
        "[arena](arena.md)'s networks and tasks at its preset medium.\n"
    )
    lines = [(name, *(_ratio(found[name, task].cost) for task in tasks)) for name in names]
    yield from _table(("method", *tasks), lines)


def _table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (titles, ("---",) * len(titles), *lines):
        yield f"| {' | '.join(cells)} |"
    yield ""


def _compiling(row: Compiled) -> str:
    return f"{row.first_seconds:.1f} s; {row.cached_seconds:.1f} s the second time"


def _share(row: Scaled) -> float:
    return row.sides[OURS].rate / row.floor


def _ratio(ratio: Any) -> str:
    return DASH if ratio is None else "{:.2f} ({:.2f} .. {:.2f})".format(*ratio)


def _range(values: Sequence[float]) -> str:
    return " to ".join(dict.fromkeys(f"{value:,.0f}" for value in (min(values), max(values))))


def _microseconds(rate: float) -> str:
    return f"{1e6 / rate:,.0f}" if rate < 1e4 else f"{1e6 / rate:.3g}"


def _gib(count: int) -> str:
    return f"{count / 2**30:.2f} GiB"
