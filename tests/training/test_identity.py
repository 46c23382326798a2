"""The identity of a sweep: each thing that decides its numbers is an entry, and reacts to its cause alone."""

import json
import threading
from types import SimpleNamespace

import flax.linen as nn
import jax
import numpy as np
import optax
import pytest

import grok_jax as gj
from grok_jax import UserError, sweep
from grok_jax.models import MLP, MODELS
from grok_jax.optim import OPTIMIZERS, AdamW
from grok_jax.tasks import TASKS, Examples, SingleIndex
from grok_jax.training import identity, metric
from grok_jax.training.flags import deciding_flags
from grok_jax.training.identity import differences, identity_hash, require_sure
from grok_jax.training.metrics import METRICS
from grok_jax.training.records import axis_coordinates, labels
from grok_jax.training.sweep import plan_grid

GRID = {"model.init_scale": [0.5, 2.0], "seed": range(3)}


def own_metric(scale):
    return metric(lambda probed: scale * probed.test_weights.sum())


def own_task(scale):
    class Own(SingleIndex):
        called = "own"

        def present(self, examples):
            return examples._replace(targets=scale * examples.targets)

    return Own


def loading_task(load):
    return type("Own", (SingleIndex,), {"called": "own", "load": load})


def own_model(scale):
    class Own(MLP):
        called = "own"

        def through_layers(self, hidden):
            return scale * super().through_layers(hidden)

    return Own


def own_optimizer(scale):
    class Own(AdamW):
        called = "own"

        def scaling(self):
            return optax.chain(super().scaling(), optax.scale(scale))

    return Own


def pooled_task(value):
    pool = Examples(np.full((30, 3), value, np.float32), np.zeros((30, 1), np.float32))
    return loading_task(lambda self: pool)


@pytest.fixture
def made(small_config, monkeypatch):
    """Makes the identity of a small sweep with a task, a model, an optimizer and a probe of one's own."""
    monkeypatch.setitem(TASKS, "own", own_task(1.0))
    monkeypatch.setitem(MODELS, "own", own_model(1.0))
    monkeypatch.setitem(OPTIMIZERS, "own", own_optimizer(1.0))
    monkeypatch.setitem(METRICS, "own", own_metric(1.0))

    def make(grid=GRID, **fields):
        config = small_config(**{"training.probes": ("own",), **fields}).to_dict()
        config["model"]["name"] = config["optimizer"]["name"] = "own"
        config["task"] = {"name": "own", "train_size": 12, "test_size": 6}
        return identity.identity(plan_grid(config, grid))

    return make


FLAGS = {
    "jax_enable_x64": True,
    "jax_default_matmul_precision": "float32",
    "jax_threefry_partitionable": False,
    "jax_default_prng_impl": "rbg",
    "jax_random_seed_offset": 1,
    "jax_numpy_dtype_promotion": "strict",
    "jax_softmax_custom_jvp": True,
    "jax_disable_most_optimizations": False,
}
SILENT = {
    "jax_log_compiles": True,
    "jax_compilation_cache_dir": "/home/somebody",
    "jax_traceback_filtering": "off",
    "jax_debug_nans": True,
    "jax_numpy_rank_promotion": "allow",
    "jax_persistent_cache_min_compile_time_secs": 3.0,
    "jax_enable_compilation_cache": False,
    "jax_explain_cache_misses": True,
    "jax_check_tracer_leaks": True,
}


def with_flag(monkeypatch, name, value):
    monkeypatch.setattr(identity, "deciding_flags", lambda: {**deciding_flags(), **_flag(name, value)})


def _flag(name, value):
    """What a flag reads as when it is set, without setting it for the test's own machinery."""
    before = jax.config.values[name]
    jax.config.update(name, value)
    try:
        return {name: deciding_flags()[name]} if name in deciding_flags() else {}
    finally:
        jax.config.update(name, before)


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_that_decides_numbers_is_an_entry_by_its_name(made, monkeypatch, flag):
    before = made()
    with_flag(monkeypatch, flag, FLAGS[flag])
    assert differences(before, made()) == [f"{flag} (was {before[flag]}, is {FLAGS[flag]})"]


@pytest.mark.parametrize("flag", SILENT)
def test_a_flag_that_decides_no_number_is_none(made, monkeypatch, flag):
    before = made()
    with_flag(monkeypatch, flag, SILENT[flag])
    assert made() == before


def test_a_context_manager_sets_a_flag_too():
    before = deciding_flags()
    with jax.enable_x64(True):
        within = deciding_flags()
    assert differences(before, within) == ["jax_enable_x64 (was False, is True)"]


@pytest.mark.parametrize("variable", ["XLA_FLAGS", "LIBTPU_INIT_ARGS", "NVIDIA_TF32_OVERRIDE"])
def test_a_variable_of_the_environment_that_xla_reads_is_an_entry(made, monkeypatch, variable):
    monkeypatch.setenv(variable, "a")
    before = made()
    monkeypatch.setenv(variable, "b")
    assert differences(before, made()) == [f"{variable} (was a, is b)"]
    monkeypatch.delenv(variable)
    assert differences(before, made()) == [f"{variable} (was a, is nothing)"]


@pytest.mark.parametrize("flag", ["--xla_dump_to=/tmp", "--xla_force_host_platform_device_count=8"])
def test_a_flag_of_xla_that_decides_no_number_is_none(made, monkeypatch, flag):
    monkeypatch.setenv("XLA_FLAGS", "--a --b")
    before = made()
    monkeypatch.setenv("XLA_FLAGS", f"--b {flag} --a")
    assert made() == before


@pytest.mark.parametrize("package", identity.COMPUTING)
def test_the_version_of_every_package_that_computes_is_an_entry(made, monkeypatch, package):
    before = made()
    version = identity.version_of
    monkeypatch.setattr(identity, "version_of", lambda name: "0.0" if name == package else version(name))
    assert differences(before, made()) == [f"version of {package} (was {version(package)}, is 0.0)"]


def test_a_package_that_changes_is_named_once(made, monkeypatch):
    before = made()
    monkeypatch.setattr(identity, "version_of", lambda name: "0.0")
    monkeypatch.setattr("grok_jax.fingerprint.origin_of_file", lambda name: "jax 0.0" if "/jax/" in name else None)
    assert all(
        name.startswith("version of ")
        for name in differences(before, {**before, **identity._versions(identity.COMPUTING)})
    )


def test_this_packages_source_is_an_entry(made, monkeypatch):
    before = made()
    for module in ("training.identity", "fingerprint"):
        monkeypatch.setattr(f"grok_jax.{module}.own_source", lambda: "0" * 64)
    assert differences(before, made()) == ["grok_jax's own source"]


def test_the_backend_is_an_entry(made, monkeypatch):
    before = made()
    monkeypatch.setattr(identity, "jax", SimpleNamespace(**{**vars(jax), "default_backend": lambda: "gpu"}))
    assert "backend" in [each.partition(" ")[0] for each in differences(before, made())]


def test_the_devices_are_an_entry(made, monkeypatch):
    before = made()
    monkeypatch.setattr(jax, "local_device_count", lambda: 16)
    assert [each.partition(" ")[0] for each in differences(before, made())] == ["devices"]


def test_the_processor_is_an_entry_on_a_cpu(made, monkeypatch):
    before = made()
    monkeypatch.setattr(identity, "_processor", lambda: "another")
    assert differences(before, made()) == [f"processor (was {before['processor']}, is another)"]


def edit_metric(monkeypatch):
    monkeypatch.setitem(METRICS, "own", own_metric(3.0))


def edit_task(monkeypatch):
    monkeypatch.setitem(TASKS, "own", own_task(3.0))


def edit_model(monkeypatch):
    monkeypatch.setitem(MODELS, "own", own_model(3.0))


def edit_optimizer(monkeypatch):
    monkeypatch.setitem(OPTIMIZERS, "own", own_optimizer(3.0))


@pytest.mark.parametrize(
    ("edit", "entry"),
    [
        (edit_metric, "metric own"),
        (edit_task, "task own"),
        (edit_model, "model own"),
        (edit_optimizer, "optimizer own"),
    ],
)
def test_an_edited_part_is_named(made, monkeypatch, edit, entry):
    before = made()
    edit(monkeypatch)
    assert differences(before, made()) == [entry]


def test_parts_defined_again_as_they_were_differ_in_nothing(made, monkeypatch):
    before = made()
    monkeypatch.setitem(TASKS, "own", own_task(1.0))
    monkeypatch.setitem(MODELS, "own", own_model(1.0))
    monkeypatch.setitem(OPTIMIZERS, "own", own_optimizer(1.0))
    monkeypatch.setitem(METRICS, "own", own_metric(1.0))
    assert made() == before


def test_other_data_is_named(made, monkeypatch):
    monkeypatch.setitem(TASKS, "own", pooled_task(1.0))
    before = made()
    monkeypatch.setitem(TASKS, "own", pooled_task(2.0))
    assert "data of task own" in differences(before, made())


def test_data_of_a_file_that_changed_is_named(made, monkeypatch, tmp_path):
    np.save(tmp_path / "data.npy", np.ones((30, 3), np.float32))
    file = tmp_path / "data.npy"

    def give():
        def load(self):
            return Examples(np.load(file), np.zeros((30, 1), np.float32))

        monkeypatch.setitem(TASKS, "own", loading_task(load))

    give()
    before = made()
    np.save(file, np.zeros((30, 3), np.float32))
    give()
    assert differences(before, made()) == ["data of task own"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"training.steps": 13}, "training.steps (was 12, is 13)"),
        ({"training.loss": "cross_entropy"}, "training.loss (was mse, is cross_entropy)"),
        ({"training.accuracy_threshold": 0.5}, "training.accuracy_threshold (was 0.001, is 0.5)"),
        ({"execution.mapping": "vmap"}, "mapping (was map, is vmap)"),
        ({"execution.capacity": (20, 6)}, "rows (was [(12, 6)], is [(20, 6)])"),
    ],
)
def test_a_changed_setting_is_told_with_both_values(made, fields, told):
    assert differences(made(), made(**fields)) == [told]


def test_a_grid_of_other_values_is_told_once(made):
    assert [name.partition(" ")[0] for name in differences(made(), made({**GRID, "seed": range(1, 4)}))] == ["grid"]


def square():
    """A function that is another object at each call."""

    def squared(x):
        return x**2

    return squared


def test_where_functions_lie_in_memory_changes_neither_the_identity_of_a_grid_nor_its_labels():
    task = gj.data(np.ones((8, 2), np.float32), np.ones((8, 1), np.float32), train_size=4)
    run = gj.Run(task, nn.Dense(1), gj.optimizer(optax.sgd, learning_rate=0.1))
    nets = [[nn.Dense(1), nn.Sequential([nn.Dense(2), square(), nn.Dense(1)])] for _ in range(2)]
    assert str(nets[0]) != str(nets[1])
    one, other = (plan_grid(run, {"model": own, "seed": range(2)}) for own in nets)
    assert identity.identity(one)["grid"] == identity.identity(other)["grid"]
    np.testing.assert_array_equal(*(axis_coordinates(plan.axes)["model"][1] for plan in (one, other)))


def test_functions_of_one_name_have_labels_of_their_own():
    assert labels([square(), square(), None]).tolist() == [
        "1: <function square.<locals>.squared>",
        "2: <function square.<locals>.squared>",
        "3: None",
    ]


def test_a_grid_in_another_order_differs(made):
    assert differences(made(), made(dict(reversed(GRID.items()))))


@pytest.mark.parametrize("fields", [{"execution.chunk_runs": 4}, {"execution.checkpoint_seconds": 1.0}])
def test_a_field_that_changes_no_number_is_not_in_the_identity(made, fields):
    assert made(**fields) == made()


def test_an_identity_is_the_same_after_it_was_a_file(made):
    found = made()
    read = json.loads(json.dumps(found))
    assert differences(read, found) == []
    assert identity_hash(read) == identity_hash(found)
    assert identity_hash(found) != identity_hash({**found, "mapping": "vmap"})


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0.0, -0.0)])
def test_values_that_python_calls_equal_differ(one, other):
    assert differences({"a": one}, {"a": other}) == [f"a (was {one}, is {other})"]


@pytest.fixture
def unsure_config(small_config, monkeypatch):
    """The config of a task that uses a lock."""
    lock = threading.Lock()

    class Own(SingleIndex):
        called = "own"

        def present(self, examples):
            with lock:
                return examples

    monkeypatch.setitem(TASKS, "own", Own)
    return {**small_config(**{"training.steps": 0}).to_dict(), "task": {"name": "own"}}


def test_a_part_that_cannot_be_covered_is_refused_in_one_line(unsure_config):
    with pytest.raises(UserError, match=r"^checkpoint= cannot be used with task 'own': .*lock .*_thread.lock"):
        require_sure(plan_grid(unsure_config, {}))


@pytest.mark.slow
def test_a_part_that_cannot_be_covered_trains_without_a_checkpoint(unsure_config):
    assert np.isfinite(sweep(unsure_config, {}, progress=False).train_loss).all()


@pytest.mark.parametrize("section", ["task", "model", "optimizer", "metric"])
def test_every_part_of_this_package_is_covered(section):
    found = {"task": TASKS, "model": MODELS, "optimizer": OPTIMIZERS, "metric": METRICS}[section]
    unsure = {name: identity.fingerprint(part).unsure for name, part in found.items()}
    assert {name: words for name, words in unsure.items() if words} == {}
