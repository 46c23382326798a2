"""The programs of a process: made anew when anything that they compute has changed, and only then."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax import sweep
from grok_jax.models import MLP, MODELS
from grok_jax.models.activations import ACTIVATIONS
from grok_jax.optim import OPTIMIZERS, AdamW
from grok_jax.tasks import TASKS, Examples, TeacherStudent
from grok_jax.training import metric, program
from grok_jax.training.devices import run_mesh
from grok_jax.training.metrics import METRICS
from grok_jax.training.sweep import plan_grid


@pytest.fixture
def key(small_config, monkeypatch):
    """What tells the program of a small run, with a metric and an activation of one's own, from others."""
    monkeypatch.setitem(METRICS, "own", own_metric([1.0]))
    monkeypatch.setitem(ACTIVATIONS, "own", jnp.tanh)
    for registry, name in ((TASKS, "teacher_student"), (MODELS, "mlp"), (OPTIMIZERS, "adamw")):
        monkeypatch.setitem(registry, name, registry[name])  # as it was, after the test

    def make():
        config = small_config(**{"training.probes": ("own",), "model.activation": "own"})
        (group,) = plan_grid(config, {}).groups
        asked = []

        def compiled(key, *others):
            asked.append(key)
            return program.Program(None, None, others[3], "map", 1, 0, "init")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(program, "_compile", compiled)
            program.fitted_program(group, "map", 0, program.TRAINING)
        return asked[0]

    return make


def own_metric(scale):
    return metric(lambda probed: scale[0] * probed.test_weights.sum(), long_name="a metric of one's own")


def edit_metric():
    METRICS["own"] = own_metric([2.0])


def edit_list_in_a_closure():
    METRICS["own"].fn.make.__closure__[0].cell_contents[0] = 2.0


def edit_activation():
    ACTIVATIONS["own"] = lambda z: 2 * jnp.tanh(z)


def edited_task(**methods):
    return type("Own", (TeacherStudent,), methods)


def edit_task():
    TASKS["teacher_student"] = edited_task(present=lambda self, examples: examples)


def edit_model():
    class Edited(MLP):
        def through_layers(self, hidden):
            return super().through_layers(hidden)

    MODELS["mlp"] = Edited


def edit_optimizer():
    class Edited(AdamW):
        def scaling(self):
            return super().scaling()

    OPTIMIZERS["adamw"] = Edited


def edit_pool():
    pool = Examples(np.ones((5, 3)), np.ones(5))
    TASKS["teacher_student"] = edited_task(load=lambda self: pool)


EDITS = (edit_metric, edit_list_in_a_closure, edit_activation, edit_task, edit_model, edit_optimizer, edit_pool)


@pytest.mark.sampled
@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_part_is_another_program(key, edit):
    before = key()
    edit()
    assert key() != before


def test_parts_defined_again_as_they_were_are_the_same_program(key):
    edit_task()
    before = key()
    METRICS["own"] = own_metric([1.0])
    edit_task()
    assert key() == before


def test_a_flag_of_jax_that_decides_numbers_is_another_program(key):
    before = key()
    with jax.default_matmul_precision("float32"):
        assert key() != before
    assert key() == before


def test_a_task_given_again_loads_its_data_again(small_config, monkeypatch, tmp_path):
    file = tmp_path / "data.npy"

    def give():
        def load(self):
            return Examples(np.load(file), np.zeros(3))

        monkeypatch.setitem(TASKS, "own", edited_task(load=load))

    def first():
        (group,) = plan_grid({**small_config().to_dict(), "task": {"name": "own"}}, {}).groups
        pool = program.load_pool(group.form, run_mesh(1))
        assert pool is program.load_pool(group.form, run_mesh(1))
        return float(pool.inputs[0])

    for value in (1.0, 2.0):
        np.save(file, np.full(3, value))
        give()
        assert first() == value


def compiled_by(caplog, function):
    """What a function returns, and how many programs XLA compiled meanwhile."""
    caplog.clear()
    with jax.log_compiles(), caplog.at_level("WARNING"):
        result = function()
    return result, sum("Compiling " in record.getMessage() for record in caplog.records)


@pytest.mark.slow
def test_a_cell_run_again_compiles_nothing_and_an_edited_one_gives_new_numbers(small_config, monkeypatch, caplog):
    scope = {"jax": jax, "metric": metric, "METRICS": METRICS, "SCALE": [1.0]}
    cell = (
        "@jax.jit\ndef helper(x):\n    return SCALE[0] * x.sum()\n"
        "METRICS['own'] = metric(lambda probed: helper(probed.test_weights))"
    )
    monkeypatch.setitem(METRICS, "own", None)
    del METRICS["own"]  # which monkeypatch puts back, and so takes away, after the test

    def run():
        exec(cell, scope)
        return sweep(small_config(**{"training.probes": ("own",), "training.steps": 0}), {}, progress=False).own.item()

    first, compiled = compiled_by(caplog, run)
    assert first == pytest.approx(1)
    assert compiled >= 4  # init, advance, measure, probe
    assert compiled_by(caplog, run) == (first, 0)
    scope["SCALE"][0] = 3.0
    assert run() == pytest.approx(3)
    # Without running the cell: JAX keeps the trace of the jitted helper, whose global has changed.
    scope["SCALE"][0] = 5.0
    assert sweep(
        small_config(**{"training.probes": ("own",), "training.steps": 0}), {}, progress=False
    ).own.item() == pytest.approx(5)


@pytest.mark.slow
def test_a_switch_to_64_bits_gives_other_numbers_and_back_the_same(small_config, caplog):
    def run():
        return sweep(small_config(), {}, progress=False).train_loss.values

    before = run()
    with jax.enable_x64(True):
        within = run()
    after, compiled = compiled_by(caplog, run)
    assert not np.array_equal(before, within)
    assert compiled == 0
    np.testing.assert_array_equal(before, after)


def test_a_metric_with_another_function_as_a_field_is_another_program(key):
    def largest(probed, of=jnp.abs):
        return jnp.max(of(probed.test_weights))

    METRICS["own"] = metric(largest)
    before = key()
    METRICS["own"] = metric(largest, of=jnp.square)
    assert key() != before
    METRICS["own"] = metric(largest)
    assert key() == before


def test_training_one_run_after_the_other_holds_the_state_of_all_runs_once(small_config):
    (group,) = plan_grid(small_config(), {"seed": range(2000)}).groups
    made = program.fitted_program(group, "map", 0, ("advance", "init"))
    state = sum(leaf.dtype.itemsize * leaf.size for leaf in jax.tree.leaves(made.moving)) / made.mesh.size
    assert made.stages.advance.memory_analysis().temp_size_in_bytes < state / 2
