"""Whatever the command line: results and exit code 0, or one line, exit code 2 and nothing written."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from grok_jax import default_config

LEFT = ["claims.json", "config.json", "figure.png", "results.nc"]
TABLE = "table.csv"  # beside them, of kernel_vs_network
TINY = {  # task, model -> fields that make them train at once
    ("teacher_student", "mlp"): ("task.features=2", "task.widths=(2,)", "task.train_size=5", "task.test_size=4"),
    ("single_index", "committee"): ("task.features=2", "task.train_size=5", "task.test_size=4", "model.width=3"),
    ("modular_arithmetic", "mlp"): ("task.p=5",),
    ("toy_addition", "mlp"): ("task.p=5", "task.train_size=5"),
}
GRIDS = (
    *(
        "",
        "seed=range(2)",
        "model.init_scale=lin(0, 2, 3)",
        "optimizer.name='gd', 'adam'",
        "model.centered=True, False",
    ),
    *("model.seed, optimizer.learning_rate = (1, .1), (2, 1e30)", "optimizer.clip_norm=None, 1", "training.steps=0, 1"),
)
SHORT = ("training.steps=2", "training.records=2")
ODD_TEXTS = (
    *(
        "",
        " ",
        "None",
        "True",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "-1",
        "0",
        "1",
        "2",
        "0.5",
        "1e-50",
        "2147483648",
        "9" * 5000,
    ),
    *(
        "()",
        "(1,)",
        "(1, (2,))",
        "[1]",
        "{}",
        "'",
        '"a"',
        "(",
        "mlp",
        "adamw",
        "seed=range(2)",
        "seed=lin(0, 1, 10**9)",
    ),
    *(
        "a\nb",
        "é\u2028",
        "x" * 2000,
        "~",
        "/",
        "../..",
        "%s",
        "{}",
        "$HOME",
        "*",
        "--",
        "=",
        ";",
        "kernel,logits",
        "\udc80",
    ),
)
BAD_TEXTS = ("nan", "1e400", "abc", "(1, 'a')", "-1e39", "a\nb", "9" * 5000, "", "{}")
FLAGS = (
    *(
        "--resume",
        "--overwrite",
        "--progress=3",
        "--nope",
        "--out=",
        "--config=",
        "-",
        "--",
        "---x",
        "x",
        "--=1",
        "--no",
    ),
    *(
        "--flagfile=/nope",
        "--flagfile=README.md",
        "--flagfile=configs",
        "--undefok=config",
        "--only=,",
        "--preset=small",
        "--probe_records=1",
    ),
)
FILES = (
    *(
        "configs/grid.py",
        "configs/nope.py",
        "configs",
        "",
        "README.md",
        "grok_jax/errors.py",
        "/dev/null",
        "configs/grid.py:",
    ),
    *(
        "configs/grid.py:task=nope",
        "configs/grid.py:task",
        "configs/grid.py:task=mlp,task=mlp",
        "configs/landscape.py:a",
    ),
)
ROOT = Path(__file__).parents[2]


class Ended(NamedTuple):
    """How a command ended, and what lay in its folder then."""

    code: int
    stdout: str
    stderr: str
    left: list[str]


def all_fields() -> list[str]:
    """The dotted names that a config of the default parts has."""
    config = default_config()
    sections = {name: part for name, part in config.items() if hasattr(part, "keys")}
    return ["seed", "figure", "grid", *(f"{section}.{key}" for section, part in sections.items() for key in part)]


FIELDS = all_fields()
letters = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)
NUMBERS = [field for field in FIELDS if field.endswith(("size", "steps", "seed", "features", "scale", "rate", "decay"))]


@st.composite
def base(draw: st.DrawFn, grids: tuple[str, ...]) -> list[str]:
    """Arguments of a command that trains one of the grids at once."""
    (task, model), sizes = draw(st.sampled_from(tuple(TINY.items())))
    optimizer = draw(st.sampled_from(("gd", "adamw")))
    small = (*sizes, *SHORT, *(("model.widths=(3,)",) if model == "mlp" else ()))
    if grid := draw(st.sampled_from(grids)):
        small = (*small, f"grid={grid}")
    return [
        f"--config=configs/grid.py:task={task},model={model},optimizer={optimizer}",
        *(f"--config.{override}" for override in small),
        "--out={out}",
        "--noprogress",
    ]


odd_arguments = st.one_of(
    st.builds("--config.{}={}".format, st.sampled_from(FIELDS), st.sampled_from(ODD_TEXTS)),
    st.builds("--config.{}={}".format, st.sampled_from(FIELDS), st.sampled_from(ODD_TEXTS)),
    st.builds("--config.{}={}".format, st.sampled_from(FIELDS), letters),
    st.builds("--config.grid={}={}".format, st.sampled_from(FIELDS), st.sampled_from(ODD_TEXTS)),
    st.builds("--config.{}".format, st.sampled_from((*FIELDS, *ODD_TEXTS))),
    st.builds("--config={}".format, st.sampled_from(FILES)),
    st.sampled_from(FLAGS),
    letters,
)
bad_arguments = st.one_of(  # none of which a command takes
    st.builds("--config.{}={}".format, st.sampled_from(NUMBERS), st.sampled_from(BAD_TEXTS)),
    st.builds("--config.grid={}={}".format, st.sampled_from(NUMBERS), st.sampled_from(BAD_TEXTS)),
    st.builds("--config={}".format, st.sampled_from([file for file in FILES if not file.endswith(("grid.py", ":"))])),
    st.sampled_from(("--nope", "x", "--config.nope=1", "--config.task.=1")),
)


@st.composite
def lines(
    draw: st.DrawFn, odd: st.SearchStrategy[str], fewest: int = 0, grids: tuple[str, ...] = ("",)
) -> tuple[str, list[str]]:
    """A module and its arguments, to which odd ones are added: anywhere, or last if some must be wrong."""
    arguments = draw(base(grids))
    for argument in draw(st.lists(odd, min_size=fewest, max_size=2)):
        first = len(arguments) if fewest else 1  # a field that is given twice has its last value
        arguments.insert(draw(st.integers(first, len(arguments))), argument)
    return draw(st.sampled_from((*["run"] * 5, "kernel_vs_network"))), arguments


@st.composite
def reproductions(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Arguments of `reproduce` that name no figure or no preset, or none that there is."""
    odd = draw(st.lists(st.builds("--{}={}".format, st.sampled_from(("only", "preset", "out")), letters), max_size=2))
    word = draw(st.sampled_from(ODD_TEXTS).filter(lambda text: text.strip(", \n\t") not in ("", "/")))
    return "reproduce", [
        *odd,
        "--out={out}",
        draw(st.sampled_from((f"--only=?{word}", "--only=,", f"--preset=?{word}"))),
    ]


def drawn(strategy: st.SearchStrategy, count: int) -> list:
    """The same examples of a strategy in every session."""
    found = []

    @settings(max_examples=count, derandomize=True, database=None, phases=[Phase.generate], deadline=None)
    @given(strategy)
    def collect(example: object) -> None:
        found.append(example)

    collect()
    return found


@pytest.fixture
def end(forked, tmp_path) -> Callable[[list], list[Ended]]:
    """A function: modules and arguments of commands -> how they end."""

    def run(commands: list[tuple[str, list[str]]]) -> list[Ended]:
        places = [tmp_path / str(number) for number in range(len(commands))]
        cases = []
        for place, (module, arguments) in zip(places, commands, strict=True):
            place.mkdir()
            filled = [argument.replace("{out}", f"{place}/out") for argument in arguments]
            surroundings = {"HOME": f"{tmp_path}/home", "GROK_JAX_DATA": f"{tmp_path}/home"}
            cases.append((f"experiments.{module}", filled, surroundings, f"{place}.out", f"{place}.err"))
        # A few at a time, for each call has to end in time.
        codes = [code for start in range(0, len(cases), 20) for code in forked(cases[start : start + 20])]
        return [
            Ended(
                code,
                *(Path(f"{place}.{kind}").read_text("utf-8", errors="replace") for kind in ("out", "err")),
                left=sorted(str(path.relative_to(place)) for path in place.rglob("*")),
            )
            for place, code in zip(places, codes, strict=True)
        ]

    return run


def is_refused(ended: Ended) -> bool:
    """Whether a command ended in one line, code 2 and with nothing written."""
    told = ended.stderr.splitlines()
    return (
        ended.code == 2 and len(told) == 1 and told[0].startswith("error: ") and len(told[0]) < 3100 and not ended.left
    )


def is_finished(ended: Ended) -> bool:
    """Whether a command ended with results."""
    own = {f"out/{name}" for name in LEFT}
    return (
        ended.code == 0 and own <= set(ended.left) <= {"out", *own, f"out/{TABLE}"} and "Traceback" not in ended.stderr
    )


def wrong(commands: list, ends: list[Ended], *expected: Callable[[Ended], bool]) -> str:
    """The commands that ended in none of the expected ways, and how they did."""
    found = [(c, e) for c, e in zip(commands, ends, strict=True) if not any(fits(e) for fits in expected)]
    return "\n\n".join(f"{command}\n{ended}" for command, ended in found)


def test_invalid_input_ends_in_one_line_with_code_2(end):
    commands = [*drawn(lines(bad_arguments, fewest=1), 4), *drawn(reproductions(), 2)]
    assert wrong(commands, end(commands), is_refused) == ""


@pytest.mark.slow
@pytest.mark.parametrize("strategy", [lines(bad_arguments, fewest=1), reproductions()], ids=["run", "reproduce"])
def test_invalid_input_ends_in_one_line_with_code_2_of_many(end, strategy):
    commands = drawn(strategy, 40)
    assert wrong(commands, end(commands), is_refused) == ""


@pytest.mark.slow
def test_any_command_leaves_results_or_one_line(end):
    commands = drawn(lines(odd_arguments, grids=GRIDS), 40)
    ends = end(commands)
    assert wrong(commands, ends, is_refused, is_finished) == ""
    assert {ended.code for ended in ends} == {0, 2}
