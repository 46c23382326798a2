"""The saved results of the benchmarks, in speed.json: by device and precision, then by benchmark."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.costs import Compiled, Weighed
from benchmarks.methods import Stepped
from benchmarks.scaling import Scaled, Side
from benchmarks.suite import Row
from benchmarks.timing import Ratio
from grok_jax.errors import UserError

FILE = "speed.json"
ROWS = {kind.__name__: kind for kind in (Row, Scaled, Compiled, Weighed, Stepped)}
# Results that differ in any of these are not mixed with new ones.
SAME = ("preset", "device", "cores", "python", "jax", "jaxlib", "optax", "torch", "numpy")


class Entry(NamedTuple):
    """The results of one device at one precision.

    Attributes:
      about: device, date and versions, see machine.about.
      benchmarks: by name, "date" and "rows".
    """

    about: Mapping[str, Any]
    benchmarks: Mapping[str, Mapping[str, Any]]

    def rows(self, kind: type | None = None) -> list[Any]:
        """All rows of a kind, in the order of the benchmarks."""
        found = [row for each in self.benchmarks.values() for row in each["rows"]]
        return [row for row in found if kind is None or isinstance(row, kind)]


class Kept(NamedTuple):
    """All entries by kind of device and precision, and the key of the entry being measured."""

    entries: Mapping[str, Entry]
    key: str

    @classmethod
    def nothing(cls, about: Mapping[str, Any]) -> "Kept":
        """No results yet."""
        key = key_of(about)
        return cls({key: Entry(about, {})}, key)

    @classmethod
    def read(cls, folder: Path, about: Mapping[str, Any]) -> "Kept":
        """A folder's results; for this kind of device and precision, only those with the same setup (see SAME)."""
        key, entries = key_of(about), read(folder)
        before = entries.get(key)
        same = before is not None and all(before.about.get(name) == about[name] for name in SAME)
        return cls({**entries, key: Entry(about, before.benchmarks if same else {})}, key)

    def entry(self) -> Entry:
        """The entry being measured."""
        return self.entries[self.key]

    def has(self, name: str) -> bool:
        """Whether a benchmark has been measured."""
        return name in self.entry().benchmarks

    def with_rows(self, name: str, rows: Sequence[Any]) -> "Kept":
        """A copy in which new rows replace those of a benchmark."""
        own = self.entry()
        benchmarks = {**own.benchmarks, name: {"date": own.about["date"], "rows": list(rows)}}
        return self._replace(entries={**self.entries, self.key: own._replace(benchmarks=benchmarks)})

    def write(self, folder: Path) -> None:
        """Writes a folder's file, and creates the folder if needed; the turns of a row are left out."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({key: _plain(entry) for key, entry in self.entries.items()}, indent=1) + "\n"
        part = folder / f".{FILE}.part"
        part.write_text(text, "utf-8")
        part.replace(folder / FILE)


def key_of(about: Mapping[str, Any]) -> str:
    """The name of an entry: cpu, gpu, or gpu_tf32."""
    return about["kind"] if about["precision"] == "float32" else f"{about['kind']}_{about['precision']}"


def read(folder: Path) -> dict[str, Entry]:
    """Reads the entries of a folder; returns none if it has no file.

    Raises:
      UserError: the benchmarks did not write the file.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        return {key: _entry(entry) for key, entry in json.loads(path.read_text("utf-8")).items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is not a file of the benchmarks ({error}); move it away") from error


def _plain(entry: Entry) -> dict[str, Any]:
    benchmarks = {
        name: {"date": each["date"], "rows": [_plain_row(row) for row in each["rows"]]}
        for name, each in entry.benchmarks.items()
    }
    return {"about": dict(entry.about), "benchmarks": benchmarks}


def _plain_row(row: Any) -> dict[str, Any]:
    fields = {name: value for name, value in row._asdict().items() if name != "turns"}
    if "sides" in fields:
        fields["sides"] = {label: side._asdict() for label, side in fields["sides"].items()}
    return {"type": type(row).__name__, **fields}


def _entry(plain: Mapping[str, Any]) -> Entry:
    benchmarks = {
        name: {"date": each["date"], "rows": [_row(row) for row in each["rows"]]}
        for name, each in plain["benchmarks"].items()
    }
    return Entry(plain["about"], benchmarks)


def _row(plain: Mapping[str, Any]) -> Any:
    fields = _with_ratio({name: value for name, value in plain.items() if name != "type"})
    if "sides" in fields:
        fields["sides"] = {label: Side(**_with_ratio(side)) for label, side in fields["sides"].items()}
    return ROWS[plain["type"]](**fields)


def _with_ratio(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row or a side, with the lists of ratios turned back into Ratios."""
    return {**fields, **{name: Ratio(*fields[name]) for name in ("ratio", "cost") if fields.get(name)}}
