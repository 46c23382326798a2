"""The temperature by which a loss divides its logits."""

import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax as gj
from grok_jax.training import dynamics
from grok_jax.training.losses import cross_entropy


def run(loss="cross_entropy", steps=3, **fields):
    config = gj.default_config("modular_arithmetic", "mlp", "gd")
    config.task.p, config.model.widths, config.training.loss = 5, (4,), "cross_entropy"
    config.optimizer.learning_rate, config.training.record_steps = 0.5, tuple(range(steps + 1))
    config.training.steps = steps
    config.training.update(fields)
    return gj.from_config(config).at("loss", loss)


def swept(one, grid=None):
    return gj.sweep(one, grid or {}, progress=False)


def halved(outputs, labels):
    return cross_entropy(outputs / 2, labels)


@pytest.mark.slow
def test_a_run_at_temperature_2_is_that_with_a_loss_of_half_the_logits():
    runs = swept(run(), {"training.temperature": [1.0, 2.0]})
    assert runs.attrs["programs"] == 1
    expected = swept(run(halved))
    for name in ("train_loss", "test_loss", "weight_norm"):
        np.testing.assert_allclose(runs[name].sel({"training.temperature": 2.0}), expected[name], rtol=1e-6)


def test_a_temperature_scales_the_loss_as_the_last_layer_would_and_leaves_the_accuracy():
    cold, scaled = (swept(one) for one in (run(steps=0, temperature=0.25), run(steps=0).at("model.output_scale", 4.0)))
    assert cold.train_loss.item() == scaled.train_loss.item()
    assert cold.train_accuracy.item() == scaled.train_accuracy.item()


def test_temperature_1_changes_nothing():
    for name in ("train_loss", "weight_norm"):
        assert (swept(run(temperature=1.0))[name] == swept(run())[name]).all()


@pytest.mark.parametrize(("path", "expected"), [("geometric", [4, 2, 1, 1]), ("linear", [4, 2.5, 1, 1])])
def test_a_temperature_moves_to_its_end_and_stays_there(path, expected):
    moving = run(temperature=4.0, temperature_end=1.0, temperature_steps=2, temperature_path=path)
    outputs, labels = jnp.array([[2.0, 0.0, -1.0], [0.0, 1.0, 3.0]]), jnp.array([0, 1])
    for step, temperature in enumerate(expected):
        found = dynamics._loss_at(moving, step).fn(outputs, labels)
        np.testing.assert_allclose(found, cross_entropy(outputs / temperature, labels), rtol=1e-6)


def test_a_step_is_taken_at_the_temperature_of_its_number():
    fields = {"temperature": 2.0, "temperature_end": 1e-3, "temperature_steps": 1}
    first = swept(run(steps=1, **fields)).weight_norm
    np.testing.assert_allclose(first, swept(run(halved, steps=1)).weight_norm, rtol=1e-6)


@pytest.mark.slow
def test_a_loss_that_takes_a_view_sees_a_network_divided_by_the_temperature():
    def of_network(view):
        return cross_entropy(view.network(view.params, view.inputs), view.targets)

    def of_outputs(view):
        return cross_entropy(view.outputs, view.targets)

    expected = swept(run(halved)).train_loss
    for loss in (of_network, of_outputs):
        np.testing.assert_allclose(swept(run(loss, temperature=2.0)).train_loss, expected, rtol=1e-6)


@pytest.mark.slow
def test_a_probe_sees_the_loss_at_its_temperature():
    fields = {"temperature": 1.0, "temperature_end": 2.0, "temperature_steps": 1, "probes": ("gradient",)}
    found = swept(run(steps=1, **fields)).tangential_gradient[-1]
    weights = swept(run(steps=1, temperature=1.0)).weight_norm[-1]  # the only step was at 1
    one = run(halved, steps=0, probes=("gradient",))
    _, kept = gj.sweep(run(steps=1), progress=False, keep_params=[1])
    expected = gj.sweep(one, progress=False, start=kept.at(step=1))
    assert weights == expected.weight_norm[-1]
    np.testing.assert_allclose(found, expected.tangential_gradient[-1], rtol=1e-5)


REFUSED = {
    "0": ({"temperature": 0.0}, r"training\.temperature is 0\.0; it must be above 0"),
    "an end at no step": ({"temperature_end": 1.0}, r"temperature_end is 1\.0 .*temperature_steps is None; give both"),
    "a word for the path": ({"temperature_path": "cosine"}, "it must be one of geometric, linear"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_impossible_temperature_is_refused_in_one_line(case):
    fields, words = REFUSED[case]
    with pytest.raises(gj.UserError, match=words):
        run(**fields)


def test_an_end_without_a_start_is_refused():
    words = r"^training\.temperature_end is 1\.0 and training\.temperature is None; give the temperature at the start"
    with pytest.raises(gj.UserError, match=words):
        gj.Training(temperature_end=1.0, temperature_steps=3)


def own_error(outputs, targets):
    return jnp.mean((outputs - targets) ** 2, axis=-1)


@pytest.mark.parametrize("loss", ["mse", own_error], ids=["mse", "own"])
def test_a_temperature_without_logits_is_refused(loss):
    values = gj.data(np.zeros((9, 2)), np.zeros((9, 1)), train_size=5)
    one = gj.Run(values, gj.model("mlp"), gj.optimizer("gd"), loss=loss, training=gj.Training(temperature=2.0))
    with pytest.raises(gj.UserError, match=r"^training\.temperature divides logits, and loss .* has none"):
        gj.check(one)
