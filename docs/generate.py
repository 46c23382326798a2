"""The pages that are written from the code, never by hand: fields of configs, figures, examples, modules.

pages() gives them as text; `make docs` writes them into docs/generated, which git ignores.
"""

import ast
import importlib
import inspect
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import grok_jax
from experiments.catalogue import all_figures, figure_id, paper_of, title_of
from experiments.evidence_entries import in_order
from grok_jax.analysis.claims import count_verdicts, show_value
from grok_jax.description import describe, rows_of
from grok_jax.training.config import EXECUTION
from grok_jax.training.losses import LOSSES, row_losses
from grok_jax.training.metrics import METRICS
from grok_jax.training.naming import REGISTRIES, part_of
from grok_jax.training.run import Training

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PAPERS = {
    "omnigrok": "Omnigrok (Liu, Michaud, Tegmark)",
    "lazy_to_rich": "The lazy-to-rich transition (Kumar, Bordelon, Gershman, Pehlevan)",
    "model_efficiency": "Model and training efficiency (after Varma et al.)",
    "arena": "The arena: what makes grokking come sooner (our own study)",
    "questions": "Open questions: NeRFs, PINNs, and minima per unit volume (our own study)",
}
LAYERS = ("analysis", "plotting", "kernels", "probes", "models", "tasks", "optim", "training")
COLUMNS = ("field", "default", "allowed", "kind", "meaning")
# What the pages link to in the repository, and the page of the site that shows it.
LINKS = (
    (r"\]\((?:\.\./)+configs/(\w+)/(\w+)\.py\)", r"](/generated/figures/\1/\2.md)"),
    (r"\]\(docs/(\w+\.md)\)", r"](/\1)"),
    (r"\]\((?:\.\./)+examples\)", "](/generated/examples.md)"),
    (r"\]\((?:\.\./)+examples/\w+\.py\)", "](/generated/examples.md)"),
)
KINDS = {
    "task": ("Tasks", "What is learned. The name comes after `task=` in a config's spec, or as `task.name`."),
    "model": (
        "Models",
        "What learns. Each also has the fields of the predictor around it, such as `init_scale`.",
    ),
    "optimizer": ("Optimizers", "How the weights move."),
}
KIND_NOTE = (
    "A *traced* field may differ between the runs of one compiled program. A *static* one changes shapes or code, so "
    "each of its values gets a program of its own. A *host* field changes when runs stop or are measured, never their "
    "numbers. All three can be axes of a grid, except those of `execution`."
)


def write(folder: Path) -> None:
    """Writes every page that has changed into a folder, and removes pages that are no longer generated."""
    wanted = {folder / name: text for name, text in pages().items()}
    for path in folder.rglob("*.md"):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")


def pages() -> dict[str, str]:
    """Every generated page: its path within docs/generated -> its text in MyST Markdown."""
    evidence = json.loads((DOCS / "evidence.json").read_text("utf-8")).values()
    figures = sorted(all_figures(), key=in_order)
    return {
        **{f"fields/{kind}s.md": _fields_of_kind(kind) for kind in KINDS},
        "fields/training.md": _training(),
        "fields/measured.md": _measured(),
        "gallery.md": _gallery(figures, evidence),
        **{f"figures/{name}.md": _figure(name, evidence) for name in figures},
        "examples.md": _examples(),
        "contributing.md": (ROOT / "CONTRIBUTING.md").read_text("utf-8"),
        "changelog.md": (ROOT / "CHANGELOG.md").read_text("utf-8"),
        **{f"api/{layer}.md": _layer(layer) for layer in LAYERS},
    }


def _fields_of_kind(kind: str) -> str:
    title, words = KINDS[kind]
    parts = [f"# {title}\n\n{words}\n\n{KIND_NOTE}"]
    for name in sorted(REGISTRIES[kind]):
        part = part_of(kind, name)
        parts.append(f"## {name}\n\n{_prose(_first_line(_shown_class(part)))}\n\n{_field_table(describe(part))}")
    return "\n\n".join(parts) + "\n"


def _training() -> str:
    return f"""# Training and execution

{KIND_NOTE}

## training

How a run trains, for how long, and when it is measured.

{_field_table(describe(Training()))}

## execution

How a grid uses the machine. None of these fields changes the result of a run, except for rounding
([what is reproducible](/reproducibility.md)).

{_field_table(rows_of(EXECUTION))}
"""


def _measured() -> str:
    meanings = dict(re.findall(r'^"(\w+)": (.*?)(?=\n"|\Z)', inspect.getdoc(row_losses), re.MULTILINE | re.DOTALL))
    losses = _table(("loss", "meaning"), [(word, _prose(meanings[word])) for word in LOSSES])
    rows = [
        (name, variable, meaning, "" if units == "1" else units)
        for name, metric in sorted(METRICS.items())
        for variable, meaning, units in metric.variables
    ]
    metrics = _table(("metric", "variable", "meaning", "units"), rows)
    return f"""# Losses and metrics

Losses and accuracies of both splits, the weight norm and the distance from the initial weights are always measured.

## Losses

The words that `training.loss` takes. `grok_jax.loss` takes your own function.

{losses}

## Metrics

The words that `training.probes` takes, and the variables that each one adds to the results. `grok_jax.metric` takes
your own function.

{metrics}
"""


def _gallery(figures: Sequence[str], evidence: Iterable[Mapping[str, Any]]) -> str:
    parts = [
        "# Gallery\n\nEvery figure that can be run, with its claims counted over all recorded runs. A figure's page "
        "has its command, its settings, and each claim with its verdict."
    ]
    if (DOCS / "report" / "index.html").exists():
        parts.append('All of it on one page, with filters: <a href="../report/index.html">the report</a>.')
    for paper, title in PAPERS.items():
        own = [name for name in figures if paper_of(name) == paper]
        rows, shown, tree = [], [], []
        for name in own:
            verdicts = [claim for entry in evidence if entry["figure"] == name for claim in entry["claims"]]
            rows.append(
                (f"[{_title(name)}](figures/{name}.md)", count_verdicts(verdicts) if verdicts else "not run yet")
            )
            shown += [f"[![{_title(name)}]({picture})](figures/{name}.md)" for picture in _pictures(name)[:1]]
            short = re.sub(r" \(.*?\)", "", _title(name)).partition(":")[0]
            tree.append(f"{short} <figures/{name}>")
        toctree = "```{toctree}\n:hidden:\n\n" + "\n".join(tree) + "\n```"
        parts += [f"## {title}", *(["\n".join(shown)] if shown else []), _table(("figure", "claims"), rows), toctree]
    return "\n\n".join(parts) + "\n"


def _figure(name: str, evidence: Iterable[Mapping[str, Any]]) -> str:
    docstring = ast.get_docstring(ast.parse((ROOT / "configs" / f"{name}.py").read_text("utf-8"))) or ""
    rest = docstring.partition("\n")[2].strip()
    rows = [
        (
            claim["id"].rpartition("/")[2],
            _prose(claim["claim"]) + (f"<br>**Finding**: {_prose(claim['finding'])}" if claim["finding"] else ""),
            _prose(claim["paper"]),
            claim["verdict"],
            _prose(_measured_text(claim["measured"])),
            f"{entry['preset']}, {entry['date']}",
        )
        for entry in evidence
        if entry["figure"] == name
        for claim in entry["claims"]
    ]
    claims = _table(("claim", "what it says", "paper", "verdict", "measured", "run"), rows)
    pictures = "\n\n".join(f"![{_title(name)}, measured]({picture})" for picture in _pictures(name))
    return f"""# {_title(name)}

{_prose(rest)}

## Run it

```bash
python -m experiments.reproduce --preset=quick --only={figure_id(name)} --out=results/{name.split("/")[1]}
```

## Claims

{claims if rows else "None recorded yet."}

{pictures}

## Settings

```{{literalinclude}} /../configs/{name}.py
:language: python
```
"""


def _measured_text(measured: Any) -> str:
    if not isinstance(measured, Mapping):
        return show_value(measured)
    return "; ".join(f"{name} {show_value(value)}" for name, value in measured.items())


def _pictures(name: str) -> list[str]:
    """Pictures of a figure that are committed, as paths from the root of the site."""
    stem = figure_id(name).replace("/", "_")
    drawn = sorted((DOCS / "report" / "pictures").glob(f"{stem}_*.webp"), key=lambda path: "_quick" not in path.stem)
    found = [*drawn, *sorted((DOCS / "evidence").glob(f"{stem}_*.png"))]
    return [f"/{path.relative_to(DOCS).as_posix()}" for path in found]


def _examples() -> str:
    parts = ["# Examples\n\nEach is a file that runs by itself, in seconds to a minute."]
    for path in sorted((ROOT / "examples").glob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        summary = _prose(docstring.partition("\n")[0])
        parts.append(f"## {path.stem}\n\n{summary}\n\n```{{literalinclude}} /../examples/{path.name}\n```")
    return "\n\n".join(parts) + "\n"


def _layer(layer: str) -> str:
    """A page of what a layer exports; classes that the API reference has already are left to it."""
    module = importlib.import_module(f"grok_jax.{layer}")
    top = {name for name in grok_jax.__all__ if isinstance(getattr(grok_jax, name), type)}
    shared = [name for name in module.__all__ if name in top]
    note = f"\n`{'`, `'.join(shared)}` are in the [API reference](/api.md).\n" if shared else ""
    return f"""# grok_jax.{layer}
{note}
```{{eval-rst}}
.. automodule:: grok_jax.{layer}
   :members:
   :imported-members:
   :exclude-members: {", ".join(shared) or "none"}
```
"""


def _title(name: str) -> str:
    return _prose(title_of(name))


def _first_line(thing: Any) -> str:
    return (getattr(thing, "__doc__", None) or "").strip().partition("\n")[0]


def _shown_class(part: Any) -> Any:
    """What a reader looks for: the class or function around which a generic part was built."""
    inner = getattr(part, getattr(type(part), "inner", "") or "_", None)
    return getattr(inner, "make", type(part))


def _field_table(rows: Sequence[Mapping[str, Any]]) -> str:
    return _table(
        COLUMNS,
        [
            (f"`{row['field']}`", f"`{row['default']}`", row["allowed"], row["kind"], _prose(row["meaning"]))
            for row in rows
        ],
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([re.sub(r"\s*\n\s*|(?=\|)", _in_cell, cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _in_cell(found: re.Match) -> str:
    return " " if found[0] else "\\"


def _prose(text: str) -> str:
    """Plain text as Markdown that reads the same; lines that are indented as code stay as they are."""
    lines = [line if line.startswith("    ") else re.sub(r"([*_<\[\]~^])", r"\\\1", line) for line in text.split("\n")]
    return "\n".join(lines)
