"""Weights that a sweep keeps, and sweeps that start from them."""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax import UserError, load_params, observe
from grok_jax.training import chunks
from grok_jax.training.config import from_config

GRID = {"model.init_scale": [0.5, 2.0], "seed": range(2)}
STEPS = [0, 3, 8]


def swept(config, grid=GRID, **options):
    return grok_jax.sweep(config, grid, progress=False, **options)


def same(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


@pytest.fixture
def config(small_config):
    return small_config(**{"training.steps": 8, "training.records": 4, "optimizer.update_noise": 0.01})


def test_kept_weights_are_those_of_the_run_alone(config):
    _, kept = swept(config, keep_params=STEPS)
    run = from_config(config).at("model.init_scale", 2.0).at("seed", 1)
    moving, fixed = jax.jit(run.init)(None)
    for step in STEPS:
        weights = jax.jit(run.advance)(moving, fixed, None, 0, step).params
        found = kept.at({"model.init_scale": 2.0, "seed": 1}, step=step)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), found, weights)


def test_keeping_changes_no_number_of_the_results(config):
    plain = swept(config)
    results, _ = swept(config, keep_params="last")
    assert results.equals(plain)


def test_a_fork_is_bit_for_bit_the_rest_of_the_same_runs(config):
    whole, kept = swept(config, keep_params=STEPS, keep_state=True)
    rest, last = swept(config, start=kept.fork(3), keep_params="last")
    assert rest.step.values.min() >= 3
    assert rest.equals(whole.sel(step=rest.step))
    same([last.at({"model.init_scale": s, "seed": 1}) for s in (0.5, 2.0)], _last_of(kept))


def _last_of(kept):
    return [kept.at({"model.init_scale": s, "seed": 1}, step=8) for s in (0.5, 2.0)]


def test_a_new_axis_makes_each_run_several(config):
    whole, kept = swept(config, keep_params=[3], keep_state=True)
    branches = swept(config, {**GRID, "optimizer.weight_decay": [0.0, 1.0]}, start=kept.fork(3))
    undecayed = branches.isel({"optimizer.weight_decay": 0}, drop=True)
    assert undecayed.equals(whole.sel(step=undecayed.step))
    assert not np.array_equal(branches.weight_norm[..., 0, -1], branches.weight_norm[..., 1, -1])


def test_given_weights_are_where_every_run_starts_and_what_distance_is_counted_from(config):
    _, kept = swept(config, keep_params="last")
    weights = kept.at({"model.init_scale": 2.0, "seed": 0})
    warm, first = swept(config, {"optimizer.learning_rate": [1e-3, 1e-2]}, start=weights, keep_params=[0])
    for rate in (1e-3, 1e-2):
        same(first.at({"optimizer.learning_rate": rate}), weights)
    assert (warm.relative_distance.isel(step=0) == 0).all()


def test_weights_of_a_sweep_that_goes_on_from_its_checkpoint_are_those_of_one_that_never_stopped(config, tmp_path):
    results, kept = swept(config, keep_params=STEPS, checkpoint=tmp_path / "whole")
    again, taken = swept(config, keep_params=STEPS, checkpoint=tmp_path / "whole")
    assert again.equals(results)
    same(taken.groups[0].params, kept.groups[0].params)

    class Stopped(Exception):
        pass

    with pytest.MonkeyPatch.context() as patch:
        saves = []

        def save(*args):
            chunks_save(*args)
            saves.append(args)
            if len(saves) == 2:
                raise Stopped

        chunks_save = chunks.checkpoints.save
        patch.setattr(chunks.checkpoints, "save", save)
        config.execution.checkpoint_seconds = 0.0
        with pytest.raises(Stopped):
            swept(config, keep_params=STEPS, checkpoint=tmp_path / "halves")
    resumed, taken = swept(config, keep_params=STEPS, checkpoint=tmp_path / "halves")
    assert resumed.equals(results)
    same(taken.groups[0].params, kept.groups[0].params)


def test_a_checkpoint_of_other_kept_steps_is_another_sweep(config, tmp_path):
    swept(config, keep_params=STEPS, checkpoint=tmp_path)
    with pytest.raises(UserError, match="kept weights"):
        swept(config, keep_params=[0, 8], checkpoint=tmp_path)


def test_the_last_weights_of_a_run_that_ends_early_are_those_where_it_ended(small_config):
    fields = {"training.stop_when_generalized": True, "training.accuracy_threshold": 1e9}
    config = small_config(**fields)
    _, kept = swept(config, {"seed": range(2)}, keep_params="last")
    _, first = swept(config, {"seed": range(2)}, keep_params=[0])
    same([kept.at({"seed": s}) for s in (0, 1)], [first.at({"seed": s}) for s in (0, 1)])


def test_kept_weights_go_through_a_file_without_pickle(config, tmp_path):
    _, kept = swept(config, {**GRID, "model.widths": [(8,), (4,)]}, keep_params=STEPS)
    kept.save(tmp_path / "params.npz")
    np.load(tmp_path / "params.npz", allow_pickle=False)
    read = load_params(tmp_path / "params.npz")
    assert (read.axes, read.steps) == (kept.axes, kept.steps)
    for width in ((8,), (4,)):
        point = {"model.init_scale": 0.5, "seed": 1, "model.widths": width}
        same(read.at(point, step=3), kept.at(point, step=3))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"keep_params": "best"}, "keep_params is 'best'; it must be 'last', steps, or None"),
        ({"keep_params": [9]}, r"keep_params has \[9\]; each must lie in 0 .. 8"),
        ({"keep_params": [0.5]}, "keep_params is 0.5; it must be a whole number"),
        ({"keep_state": True}, "keep_state=True needs keep_params"),
        ({"start": {"a": np.zeros(3)}}, r"start= has parameters a\(3,\); the model has layer_0/bias"),
    ],
)
def test_weights_that_cannot_be_kept_or_started_from_are_refused_in_one_line(options, words, config):
    with pytest.raises(UserError, match=words) as raised:
        swept(config, **options)
    assert "\n" not in str(raised.value)


def test_questions_that_kept_weights_cannot_answer_are_one_line(config):
    _, kept = swept(config, keep_params=[3])
    for ask, words in [
        (lambda: kept.at(), "kept has 2 runs where model.init_scale is not given; it must be one of"),
        (lambda: kept.at({"model.init_scale": 1.0, "seed": 0}), "has 0 runs where model.init_scale is 1.0; it must be"),
        (lambda: kept.at({"model.gain": 1.0}), "'model.gain' is not an axis of these runs"),
        (lambda: kept.at({"model.init_scale": 0.5, "seed": 0}, step=4), "step 4 was not kept; 3 were"),
        (lambda: kept.fork(3), "kept without the optimizer's state"),
    ]:
        with pytest.raises(UserError, match=words.replace(".", r"\.")):
            ask()


def test_a_run_on_an_axis_of_two_fields_is_found_by_either(config):
    grid = {"model.init_scale,optimizer.weight_decay": [(0.5, 0.0), (2.0, 1.0)]}
    _, kept = swept(config, grid, keep_params=[0])
    same(kept.at({"model.init_scale": 2.0}), kept.at({"optimizer.weight_decay": 1.0}))


def test_a_fork_of_runs_that_are_not_there_is_one_line(config):
    _, kept = swept(config, keep_params=[3], keep_state=True)
    with pytest.raises(UserError, match="start= has 0 runs where seed is 7"):
        swept(config, {"model.init_scale": [0.5, 2.0], "seed": [7]}, start=kept.fork(3))
    with pytest.raises(UserError, match=r"start= has 2 runs where model\.init_scale is not given"):
        swept(config, {"seed": range(2)}, start=kept.fork(3))


def test_a_fork_of_a_run_that_had_ended_is_one_line(small_config):
    config = small_config(**{"training.stop_when_generalized": True, "training.accuracy_threshold": 1e9})
    _, kept = swept(config, {"seed": range(2)}, keep_params=[4], keep_state=True)
    with pytest.raises(UserError, match="had ended or diverged before step 4"):
        swept(config, {"seed": range(2)}, start=kept.fork(4))


def test_a_file_that_holds_no_weights_is_one_line(tmp_path):
    for name, content in (("empty.npz", b""), ("torn.npz", b"PK\x03\x04 no more")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match="is not a file of weights"):
            load_params(tmp_path / name)
    with pytest.raises(UserError, match="does not exist"):
        load_params(tmp_path / "nowhere.npz")


class InPairs(nn.Module):
    @nn.compact
    def __call__(self, x):
        kernel, bias = self.param("both", lambda key: (jnp.ones((x.shape[-1], 5)), jnp.zeros(5)))
        return x @ kernel + bias[None]


def test_parameters_that_are_tuples_go_through_a_file(config, tmp_path):
    run = from_config(config)
    run = dataclasses.replace(run, model=InPairs())
    _, kept = swept(run, None, keep_params="last")
    kept.save(tmp_path / "params.npz")
    there = load_params(tmp_path / "params.npz").at()
    np.testing.assert_array_equal(there["both"]["0"], kept.at()["both"][0])


def test_weights_of_runs_with_other_optimizer_states_are_read_side_by_side(config):
    grid = {"seed,optimizer.name": [(0, "gd"), (1, "adamw")]}
    _, kept = swept(config, grid, keep_params=[2], keep_state=True)
    read = list(observe(lambda probed: probed.params, config, {"seed": [0, 1]}, step=2, kept=kept))
    assert len(read) == 2
