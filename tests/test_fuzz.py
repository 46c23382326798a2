"""Whatever check accepts, sweep trains; all else is one line. Configs and grids are small, many with hostile edits."""

import copy
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from ml_collections import ConfigDict

from grok_jax import UserError, check, default_config, sweep
from grok_jax.fields import declared_fields
from grok_jax.models import MODELS
from grok_jax.optim import OPTIMIZERS
from grok_jax.tasks import TASKS
from grok_jax.training.devices import run_mesh
from grok_jax.training.metrics import ALWAYS, METRICS
from grok_jax.training.plan import plan_grid
from grok_jax.training.run import Training
from grok_jax.training.schedule import record_steps
from grok_jax.training.validation import validate

# Tasks, fields of theirs, and models that can learn them.
NUMBERS, TOKENS = ("mlp",), ("token_mlp", "embedded_sum", "transformer", "lstm")
FITTING = (
    ("teacher_student", {}, NUMBERS),
    ("toy_addition", {}, NUMBERS),
    ("toy_addition", {"encoding": "tokens"}, ("embedded_sum",)),
    ("modular_arithmetic", {}, NUMBERS),
    ("modular_arithmetic", {"encoding": "tokens"}, TOKENS),
    ("single_index", {}, (*NUMBERS, "committee")),
    ("kernel_eigenvector", {}, (*NUMBERS, "committee")),
    ("sparse_parity", {}, NUMBERS),
    ("image_field", {}, (*NUMBERS, "fourier_mlp", "siren")),
    ("radiance_field", {}, ("nerf",)),
    ("pinn", {}, (*NUMBERS, "fourier_mlp", "siren")),
    ("circuit_logits", {}, (*NUMBERS, "mixture")),
)
STORED = (("mnist", {}, NUMBERS), ("imdb", {}, TOKENS), ("qm9", {}, ("graph_network",)))  # slow to load
NAMES = {"task": tuple(TASKS), "model": tuple(MODELS), "optimizer": tuple(OPTIMIZERS)}
SECTIONS = (*NAMES, "training")
SMALL = {
    "task": {
        **{"features": 3, "outputs": 2, "widths": (3,), "test_size": 4, "train_size": 5, "p": 5, "order": 2},
        **{"target_dim": 2, "degree": 2, "bits": 5, "views": 4, "train_views": 2, "size": 8, "length": 6, "words": 9},
        **{"points": 5, "boundary_points": 4},
    },
    "model": {
        **{"widths": (4,), "width": 4, "heads": 2, "mlp_width": 4, "layers": 1, "embedding_width": 3},
        **{"edge_width": 2, "readout_width": 3, "frequencies": 3, "octaves": 2, "samples": 3},
    },
    "optimizer": {},
    "training": {"steps": 2, "records": 2, "probe_rows": 3},
}
PARTS = (*TASKS.values(), *MODELS.values(), *OPTIMIZERS.values(), Training)
CHOICES = [(name, field) for part in PARTS for name, field in declared_fields(part).items() if field.one_of]
WORDS = {name: tuple(dict.fromkeys(w for n, f in CHOICES if n == name for w in f.one_of)) for name, _ in CHOICES} | {
    "loss": ("mse", "cross_entropy", "residual"),
    "mapping": ("auto", "map", "vmap"),
}
TUPLES = {
    "widths": st.lists(st.integers(1, 5), max_size=2),
    "probes": st.lists(st.sampled_from(tuple(METRICS)), max_size=2),
    "record_steps": st.lists(st.integers(0, 2), max_size=2),
    **dict.fromkeys(
        ("apart", "outer"), st.lists(st.sampled_from(("layer_0", "kernel", "token_embedding")), max_size=1)
    ),
    "capacity": st.just((30, 30)),
}
ODD_TEXTS = (
    *("", " ", "\n", "a\nb", "\0", "\r\u2028", "é", "\ud800", "None", "nan", "1", "[", "adamw", "mlp", "seed", "."),
    *("model", "model.", ".name", "model.name", "x" * 5000, "../../etc/passwd", "~", "/", "{}", "%s"),
)
ODD_NUMBERS = (
    *(0, -0.0, 1, -1, 2, 0.1, 0.5, 1 - 2**-30, 1e-3, 1e-7, 1e-45, 5e-324, 3.4e38, 3.5e38, 1e300, 2.5),
    *(2**31 - 1, -(2**31) + 1, 2**31, 2**53 + 1, 2**63, 10**400, 10**5000, math.nan, math.inf, -math.inf),
)
ODD_MAKES: tuple[Callable[[Any], Any], ...] = (
    *(np.int8, np.uint64, np.float16, np.float64, np.array, jnp.int32, jnp.float32, jnp.asarray),
    *(str, Decimal, Fraction, complex, bool, lambda x: [x], lambda x: (x, x), lambda x: {"a": x}, jnp.atleast_1d),
)
ODD_THINGS = (
    *(None, True, False, (), [], {}, {"name": "mlp"}, [[]], ((1,),), b"mlp", 1j, object, len, range(2), {1}, ...),
    *(np.zeros(0), np.ones((2, 2)), np.bool_(True), np.array("mlp"), np.array([None, 1]), np.datetime64("NaT")),
    *(ConfigDict(), ConfigDict({"a": 1}), SimpleNamespace(name="mlp"), (1,) * 200_000),
)


def _made(make: Callable[[Any], Any], number: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            return make(number)
    except (ValueError, OverflowError, TypeError):
        return number


odd_values = st.one_of(
    st.sampled_from(ODD_NUMBERS),
    st.sampled_from(ODD_NUMBERS),
    st.builds(_made, st.sampled_from(ODD_MAKES), st.sampled_from((0, 1, 2, 0.5, -1, math.nan))),
    st.sampled_from(ODD_TEXTS),
    st.sampled_from(ODD_THINGS),
    st.text(max_size=5),
    st.floats(),
    st.integers(),
)


# Made here, as checked annotations look at random entries of lists, and a strategy may not touch Python's own dice.
DEFAULTS = {word: default_config(**{kind: word}).to_dict() for kind, words in NAMES.items() for word in words}


def small_config(task: str, model: str, optimizer: str) -> dict[str, Any]:
    """The default config of three names as a plain dict, with sizes that take no time."""
    others = {"model": DEFAULTS[model]["model"], "optimizer": DEFAULTS[optimizer]["optimizer"]}
    config = copy.deepcopy(DEFAULTS[task] | others)
    for section, sizes in SMALL.items():
        known = config[section]
        # Of the optional numbers only those that bound a size.
        known.update({k: v for k, v in sizes.items() if k in known and (known[k] is not None or k == "test_size")})
    return config


def fitting_value(section: str, key: str, default: Any) -> st.SearchStrategy:
    """Values that a field may have, small ones."""
    if key == "name":
        return st.sampled_from(NAMES[section])
    if key in WORDS:
        return st.sampled_from(WORDS[key])
    if key in TUPLES:
        return TUPLES[key].map(tuple)
    if isinstance(default, bool):
        return st.booleans()
    if isinstance(default, str):
        return st.just(default)
    whole, number = st.integers(0, 6), st.floats(0, 1, width=16)
    if isinstance(default, int):
        return whole
    return st.one_of(number, whole) if isinstance(default, float) else st.one_of(st.none(), number, whole)


def fields_of(config: dict[str, Any]) -> list[tuple[str, str]]:
    """Section and key of each field of a config."""
    return [(section, key) for section in (*SECTIONS, "execution") for key in config[section]]


@st.composite
def fitting_configs(draw: st.DrawFn, stored: bool = False) -> dict[str, Any]:
    """Small configs whose parts fit each other, a few fields set to other values of their kind."""
    task, fields, models = draw(st.sampled_from((*FITTING, *STORED) if stored else FITTING))
    config = small_config(task, draw(st.sampled_from(models)), draw(st.sampled_from(NAMES["optimizer"])))
    config["task"].update(fields)
    for section, key in draw(st.lists(st.sampled_from(fields_of(config)), max_size=3)):
        if key != "name":
            config[section][key] = draw(fitting_value(section, key, config[section][key]))
    return config


def _set_field(draw: st.DrawFn, config: dict[str, Any]) -> None:
    section, key = draw(st.sampled_from(fields_of(config)))
    config[section][key] = draw(odd_values)


def _set_name(draw: st.DrawFn, config: dict[str, Any]) -> None:
    section = draw(st.sampled_from(tuple(NAMES)))
    config[section]["name"] = draw(st.one_of(st.sampled_from(NAMES[section]), odd_values))


def _other_part(draw: st.DrawFn, config: dict[str, Any]) -> None:
    section = draw(st.sampled_from(tuple(NAMES)))
    name = draw(st.sampled_from(NAMES[section]))
    config[section] = small_config(**{"task": "mnist", "model": "mlp", "optimizer": "gd", section: name})[section]


def _drop_field(draw: st.DrawFn, config: dict[str, Any]) -> None:
    section, key = draw(st.sampled_from(fields_of(config)))
    if key not in SMALL.get(section, {}):  # which would be large again
        del config[section][key]


def _add_field(draw: st.DrawFn, config: dict[str, Any]) -> None:
    config[draw(st.sampled_from((*SECTIONS, "execution")))][draw(_keys)] = draw(odd_values)


def _set_part(draw: st.DrawFn, config: dict[str, Any]) -> None:
    config[draw(st.one_of(st.sampled_from(("seed", "figure", "grid")), _keys))] = draw(odd_values)


def _set_section(draw: st.DrawFn, config: dict[str, Any]) -> None:
    config[draw(st.sampled_from((*SECTIONS, "execution")))] = draw(odd_values)


_keys = st.one_of(st.sampled_from(ODD_TEXTS), st.sampled_from((0, None, (), 1.5, True)), st.text(max_size=4))
EDITS = (*[_set_field] * 6, _set_name, _other_part, _drop_field, _add_field, _set_part, _set_section)


@st.composite
def configs(draw: st.DrawFn, stored: bool = False) -> dict[str, Any]:
    """Configs, a third of them with hostile edits, two at most."""
    config = draw(fitting_configs(stored))
    most = draw(st.sampled_from((0, 0, 2)))
    for edit in draw(st.lists(st.sampled_from(EDITS), max_size=most)):
        if all(isinstance(config.get(section), dict) for section in (*SECTIONS, "execution")):
            edit(draw, config)
    return config


@st.composite
def grids(draw: st.DrawFn, config: Any) -> str | dict[str, Any] | None:
    """Grids over a config: none, axes of fitting values, and odd ones; as a mapping or as text."""
    if draw(st.booleans()):
        return draw(st.sampled_from((None, None, "", {}, " ; ")))
    pairs = dict(draw(st.lists(_axes(config), min_size=1, max_size=2)))
    if draw(st.booleans()):
        return pairs
    text = "; ".join(f"{name} = {draw(_as_text(values))}" for name, values in pairs.items())
    return draw(_misspelled(text)) if draw(st.integers(0, 3)) == 0 else text


def _axes(config: Any) -> st.SearchStrategy[tuple[str, Any]]:
    """Pairs of an axis and its values."""
    sections = [section for section in SECTIONS if hasattr(config.get(section), "items")]
    known = [(section, key, value) for section in sections for key, value in config[section].items()]
    fields = st.sampled_from(known) if known else st.nothing()
    seeds = st.tuples(st.just("seed"), st.lists(st.integers(0, 5), min_size=1, max_size=3))

    def along(field: tuple[str, str, Any]) -> st.SearchStrategy:
        section, key, value = field
        fitting = st.lists(fitting_value(section, str(key), value), min_size=1, max_size=2)
        return st.tuples(st.just(f"{section}.{key}"), fitting)

    def joint(pair: list[tuple[str, Any]]) -> tuple[str, Any]:
        names, values = zip(*pair, strict=True)
        return ",".join(names), list(zip(*values, strict=False))

    one = st.one_of(seeds, fields.flatmap(along))
    several = st.lists(one, min_size=2, max_size=2).map(joint)
    odd_axis = st.tuples(st.one_of(one.map(lambda pair: pair[0]), st.sampled_from(ODD_TEXTS)), _odd_axis_values)
    return st.one_of(seeds, one, one, several, odd_axis)


_odd_axis_values = st.one_of(
    st.lists(odd_values, max_size=3), odd_values, st.sampled_from((range(0), range(10**12), ""))
)
SPACED = ("range", "lin", "log", "intlog", "exp")


@st.composite
def _as_text(draw: st.DrawFn, values: Any) -> str:
    """The values of an axis as a user writes them; sometimes spaced ones in their place."""
    if draw(st.integers(0, 3)) == 0:
        numbers = draw(st.lists(st.one_of(st.integers(-3, 5), st.sampled_from(ODD_NUMBERS[:-5])), max_size=4))
        return f"{draw(st.sampled_from(SPACED))}({', '.join(map(_written, numbers))})"
    return ", ".join(map(_written, values)) if isinstance(values, list) else _written(values)


def _written(value: Any) -> str:
    try:
        return repr(value)[:5000]
    except ValueError:  # a whole number that is too long to be written
        return "9" * 5000


@st.composite
def _misspelled(draw: st.DrawFn, text: str) -> str:
    """The text with a piece cut out or put in."""
    start, length = draw(st.integers(0, len(text))), draw(st.integers(0, 3))
    pieces = st.sampled_from((*"()[]{},;='\"\\*", "10**", "\0", "\n", "(" * 300, "None", "-", "e9", "f''", "lambda:0"))
    return text[:start] + draw(pieces | st.text(max_size=2)) + text[start + length :]


@st.composite
def sweeps(draw: st.DrawFn, stored: bool = False) -> tuple[Any, Any]:
    """Configs and grids, as grok_jax.check takes them."""
    config = draw(configs(stored))
    grid = draw(grids(config))
    return draw(st.sampled_from((config, config, as_config_dict(config)))), grid


def as_config_dict(config: dict[str, Any]) -> dict[str, Any] | ConfigDict:
    """The config as a ConfigDict, where it has no key that such a one does not take."""
    try:
        return ConfigDict(config)
    except (TypeError, ValueError, AttributeError):
        return config


def is_accepted(config: Any, grid: Any) -> bool:
    """Whether check accepts them; if not, it says why in one line."""
    try:
        check(config, grid)
    except UserError as error:
        said = str(error)
        assert said.splitlines() == [said]
        assert len(said) < 1000
        assert "Traceback" not in said
        return False
    return True


def is_quick(config: Any, grid: Any) -> bool:
    """Whether what check accepts compiles and trains in a few seconds."""
    groups = plan_grid(config, grid).groups
    states = [jax.tree.leaves(validate(group, run_mesh(1)).state) for group in groups]
    return (
        sum(len(group.members) for group in groups) <= 8
        and len(groups) <= 2
        and all(max(group.capacity) <= 100 and group.schedule.steps <= 2 for group in groups)
        and all(len(leaves) <= 100 and sum(leaf.size for leaf in leaves) < 10**5 for leaves in states)
    )


def trained(config: Any, grid: Any) -> xr.Dataset:
    """Trains them, and looks whether the results have the shape of the grid."""
    plan, dataset = plan_grid(config, grid), sweep(config, grid, progress=False)
    steps = np.unique(np.concatenate([record_steps(group.schedule) for group in plan.groups]))
    sizes = {axis.name: len(axis.values) for axis in plan.axes}
    assert dict(dataset.sizes) == {**sizes, "step": len(steps)}
    assert dataset.step.values.tolist() == steps.tolist()
    assert set(dataset) >= set(ALWAYS)
    assert all(dataset[name].dims == (*sizes, "step") for name in ALWAYS)
    assert dataset.final_step.dims == dataset.diverged.dims == tuple(sizes)
    return dataset


def the_same_every_day(count: int, *, shrink: bool = True) -> settings:
    """Settings of so many examples, the same in every session; a failing one is made small where that is cheap."""
    phases = [Phase.generate, *[Phase.shrink] * shrink]
    return settings(
        max_examples=count, phases=phases, derandomize=True, database=None, deadline=None, suppress_health_check=HEALTH
    )


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory) -> Iterator[None]:
    """No data but what needs no download."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROK_JAX_DATA", str(tmp_path_factory.mktemp("data")))
        patch.setenv("http_proxy", "http://127.0.0.1:9")
        patch.setenv("https_proxy", "http://127.0.0.1:9")
        yield


@pytest.fixture
def quickly_compiled() -> None:
    """Programs that train a few steps only, so that most of the time would go to making them fast."""
    jax.config.update("jax_disable_most_optimizations", True)  # which the next test sets anew


HEALTH = list(HealthCheck)  # all of which are about speed here, or about how many examples are thrown away


@the_same_every_day(12)
@given(sweeps())
def test_check_accepts_or_says_why_in_one_line(pair):
    is_accepted(*pair)


@the_same_every_day(1, shrink=False)
@given(fitting_configs())
def test_what_check_accepts_is_trained(config):
    assume(is_accepted(config, "seed=range(2)") and is_quick(config, "seed=range(2)"))
    trained(config, "seed=range(2)")


@pytest.mark.slow
@the_same_every_day(500)
@given(sweeps())
def test_check_accepts_or_says_why_in_one_line_of_many(pair):
    is_accepted(*pair)


@pytest.mark.slow
@the_same_every_day(30)
@given(sweeps(stored=True))
def test_check_accepts_or_says_why_in_one_line_of_stored_data(nowhere, pair):
    is_accepted(*pair)


@pytest.mark.slow
@the_same_every_day(40, shrink=False)
@given(sweeps())
def test_what_check_accepts_of_many_is_trained(quickly_compiled, pair):
    assume(is_accepted(*pair) and is_quick(*pair))
    trained(*pair)
