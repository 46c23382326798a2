"""What is read off the runs of a grid."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax import UserError, load_params, observe, sweep


def squared_norm(probed):
    return sum(jnp.sum(leaf**2) for layer in probed.params.values() for leaf in layer.values())


def test_readings_at_a_step_are_those_of_the_same_runs_in_a_sweep(small_config):
    config, grid = small_config(), {"model.init_scale": [0.5, 2.0], "seed": [0, 1, 2]}
    read = list(observe(squared_norm, config, grid, step=12))
    norm = sweep(config, grid, progress=False).weight_norm.isel(step=-1)
    assert len(read) == 6
    for setting, value in read:
        np.testing.assert_allclose(np.sqrt(value), norm.sel(setting), rtol=1e-5)


def test_runs_of_several_programs_come_with_their_settings(small_config):
    read = list(observe(squared_norm, small_config(), {"model.widths": [(4,), (16,)], "seed": [0, 1]}))
    assert [setting["model.widths"] for setting, _ in read] == [(4,)] * 2 + [(16,)] * 2


def test_a_single_run_has_no_settings(small_config):
    [(setting, value)] = observe(squared_norm, small_config())
    assert setting == {}
    assert value > 0


def test_a_step_before_the_first_is_refused(small_config):
    with pytest.raises(UserError, match="step is -1"):
        list(observe(squared_norm, small_config(), step=-1))


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda probed: probed.nope, "what observe reads fails with AttributeError: .*nope.* .test_observe.py:"),
        (lambda probed: np.asarray(probed.train.inputs), "what observe reads fails with TracerArrayConversionError"),
        (lambda probed: "a word", "what observe reads fails with TypeError: .* not a valid JAX type"),
    ],
)
def test_what_cannot_be_read_is_one_line_before_anything_compiles(read, words, small_config, monkeypatch):
    monkeypatch.setattr(sys.modules["grok_jax.training.observe"], "fitted_program", None)
    with pytest.raises(UserError, match=words) as raised:
        list(observe(read, small_config()))
    assert "\n" not in str(raised.value)


def test_a_step_beyond_32_bits_is_refused(small_config):
    with pytest.raises(UserError, match="step is 1000000000000; it must be finite and fit 32 bits"):
        list(observe(squared_norm, small_config(), step=10**12))


def test_kept_weights_read_what_training_so_far_reads_and_train_nothing(small_config, monkeypatch):
    config, grid = small_config(), {"model.init_scale": [0.5, 2.0], "seed": [0, 1, 2]}

    def read(probed):
        return squared_norm(probed), probed.train_outputs, probed.initial_params

    trained = list(observe(read, config, grid, step=12))
    _, kept = sweep(config, grid, progress=False, keep_params=[0, 12])
    module, compiled = sys.modules["grok_jax.training.observe"], []
    fitted = module.fitted_program
    monkeypatch.setattr(module, "fitted_program", lambda *args: compiled.append(args[-1]) or fitted(*args))
    again = list(observe(read, config, grid, step=12, kept=kept))
    assert compiled == [("init",)]
    assert [setting for setting, _ in again] == [setting for setting, _ in trained]
    jax.tree.map(np.testing.assert_array_equal, again, trained)


def test_runs_of_a_smaller_grid_find_their_kept_weights(small_config):
    grid = {"model.widths": [(4,), (16,)], "seed": [0, 1]}
    _, kept = sweep(small_config(), grid, progress=False, keep_params=[5])
    weights = kept.at({"model.widths": (16,), "seed": 1})
    ((_, found),) = observe(
        lambda probed: probed.params, small_config(), {"model.widths": [(16,)], "seed": [1]}, step=5, kept=kept
    )
    jax.tree.map(np.testing.assert_array_equal, found, weights)


@pytest.mark.parametrize(
    ("fields", "options", "words"),
    [
        ({}, {"step": 3}, "step 3 was not kept; 0 were"),
        ({"model.widths": (3,)}, {}, r"kept= has weights of model.widths \[8\]; the run has \[3\]"),
        ({"optimizer.learning_rate": 0.5}, {}, "kept= has weights of optimizer.learning_rate 0.001; the run has 0.5"),
        ({"seed": 7}, {"grid": {}}, r"kept= has 2 runs where seed is not given; it must be one of \[0, 1\]"),
        ({}, {"grid": {"seed": [5]}}, r"kept= has 0 runs where seed is 5; it must be one of \[0, 1\]"),
        ({}, {"kept": "weights"}, "kept is 'weights'; it must be what sweep"),
    ],
)
def test_weights_of_other_runs_are_refused(fields, options, words, small_config):
    grid = {"seed": [0, 1]}
    _, kept = sweep(small_config(**{"training.steps": 1}), grid, progress=False, keep_params=[0])
    with pytest.raises(UserError, match=words):
        list(observe(squared_norm, small_config(**fields), **{"grid": grid, "kept": kept, **options}))


def test_what_no_weight_depends_on_may_differ(small_config):
    _, kept = sweep(small_config(), {"seed": [0]}, progress=False, keep_params=[5])
    other = small_config(**{"training.records": 3, "training.probes": ("kernel",), "training.steps": 6})
    ((_, found),) = observe(squared_norm, other, {"seed": [0]}, step=5, kept=kept)
    assert found > 0


def test_weights_of_another_seed_are_refused_where_the_seed_was_an_axis_of_one(small_config, tmp_path):
    _, kept = sweep(small_config(), {"seed": [3]}, progress=False, keep_params=[0])
    kept.save(tmp_path / "params.npz")
    for held in (kept, load_params(tmp_path / "params.npz")):
        with pytest.raises(UserError, match="kept= has weights of seed 3; the run has 7"):
            list(observe(squared_norm, small_config(seed=7), {}, kept=held))


def test_weights_of_which_the_fields_are_not_known_must_have_the_models_shapes(small_config):
    _, kept = sweep(small_config(), {"seed": [0]}, progress=False, keep_params=[0])
    with pytest.raises(UserError, match=r"kept= has parameters .*; the model has "):
        list(
            observe(squared_norm, small_config(**{"model.widths": (3,)}), {"seed": [0]}, kept=kept._replace(fields={}))
        )
