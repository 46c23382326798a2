"""Runs made of objects: arrays, modules, chains, losses and metrics of anybody's."""

import copy
import json
import logging

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import grok_jax as gj
from grok_jax.models.mlp import MLP
from grok_jax.tasks import ModularArithmetic
from grok_jax.training.config import from_config, to_config
from grok_jax.training.run import Form

draw = np.random.default_rng(0)
X = draw.normal(size=(60, 3)).astype(np.float32)
Y = X[:, :1] * X[:, 1:2]


class Net(nn.Module):
    width: int = gj.static(4, "hidden units", at_least=1)
    gain: float = gj.traced(1.0, "slope", above=0)

    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(jnp.tanh(self.gain * nn.Dense(self.width)(x)))


def chain(learning_rate=1e-2, decay=0.0):
    return optax.chain(
        optax.scale_by_adam(), optax.add_decayed_weights(decay), optax.scale_by_learning_rate(learning_rate)
    )


def huber(outputs, targets, delta=1.0):
    return optax.huber_loss(outputs, targets, delta=delta).mean(-1)


def layer_norms(view):
    """norm of each layer"""
    return jnp.stack([jnp.linalg.norm(w) for w in jax.tree.leaves(view.params)])


def own_run(**parts):
    given = {
        "task": gj.data(X, Y, train_size=30, test_size=20),
        "model": Net(),
        "optimizer": chain,
        "loss": huber,
        "metrics": {"layer_norm": gj.metric(layer_norms, dims=("layer",))},
        "training": gj.Training(steps=5, records=3),
    }
    return gj.Run(**{**given, **parts})


def swept(run, grid=None, **options):
    return gj.sweep(run, grid, progress=False, **options)


def test_traced_fields_of_own_parts_share_one_program_and_a_second_call_compiles_nothing(caplog):
    grid = {"model.gain": [0.5, 1], "optimizer.decay": [0, 0.1], "loss.delta": [0.1, 1], "seed": range(2)}
    run = own_run()
    runs = swept(run, grid)
    assert runs.attrs["programs"] == 1
    assert runs.layer_norm.dims == ("model.gain", "optimizer.decay", "loss.delta", "seed", "step", "layer")
    assert runs.layer_norm.attrs["long_name"] == "norm of each layer"
    with jax.log_compiles(), caplog.at_level(logging.WARNING):
        assert swept(run, grid).equals(runs)
    assert not [record for record in caplog.records if "Compiling " in record.getMessage()]


def test_a_grid_of_objects_is_its_runs_alone():
    grid = {"model.gain": [0.5, 2.0], "loss.delta": [0.1, 1]}
    together = swept(own_run(), grid)
    alone = swept(own_run().at("model.gain", 2.0).at("loss.delta", 0.1))
    one = together.sel({"model.gain": 2.0, "loss.delta": 0.1})
    for name in ("test_loss", "weight_norm", "layer_norm"):
        np.testing.assert_allclose(one[name], alone[name], rtol=1e-5)


def test_an_object_and_a_config_of_the_same_run_give_the_same_numbers(small_config):
    config = small_config()
    run = from_config(config)
    assert swept(run, {"seed": range(2)}).equals(swept(config, {"seed": range(2)}))


def test_a_run_is_what_its_config_describes(small_config):
    run = from_config(small_config(**{"model.init_scale": 2.0, "training.loss": "mse"}))
    again = from_config(to_config(run))
    assert Form(run) == Form(again)
    assert jax.tree.leaves(run) == jax.tree.leaves(again)


def test_the_library_s_own_network_as_an_object_is_the_one_of_its_word():
    task = gj.data(X, Y, train_size=30, test_size=20)
    training = gj.Training(steps=5, records=3)
    named = gj.Run(task, gj.model("mlp", widths=(4,)), gj.optimizer("adamw", weight_decay=0.0), training=training)
    module = gj.model(MLP, widths=(4,))
    adamw = gj.optimizer(optax.adamw, learning_rate=1e-3, b1=0.9, b2=0.999, eps=1e-8, weight_decay=0.0)
    made = gj.Run(task, module, adamw, training=training)
    one, other = (swept(run, {"seed": range(2)}) for run in (named, made))
    for name in ("train_loss", "test_loss", "weight_norm"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-5)


def test_a_loss_of_one_argument_sees_the_network():
    def of_view(view, weight=1.0):
        return weight * ((view.network(view.params, view.inputs) - view.targets) ** 2).mean(-1)

    plain = swept(own_run(loss="mse", metrics={}))
    seen = swept(own_run(loss=of_view, metrics={}))
    for name in ("train_loss", "test_loss"):
        np.testing.assert_allclose(plain[name], seen[name], rtol=1e-5)


def test_rows_to_test_on_apart_are_never_trained_on():
    far = X + 100
    task = gj.data(X, Y, (far, Y), train_size=30, test_size=10)
    run = own_run(task=task).seeded()
    pool = run.load()
    _, fixed = run.init(pool)
    assert (fixed.data.train.index < 60).all()
    assert (fixed.data.test.index >= 60).all()


def test_other_rows_are_drawn_by_another_seed_and_a_smaller_run_s_are_among_a_larger_one_s():
    run = own_run().seeded()
    pool = run.load()
    few, many = (run.at("task.train_size", n).init(pool)[1].data.train.index for n in (10, 30))
    assert set(np.array(few)) <= set(np.array(many))
    other = run.at("task.seed", 1).init(pool)[1].data.train.index
    assert not np.array_equal(many, other)


def test_runs_under_one_s_own_vmap_are_those_of_sweep():
    run = own_run()
    pool, rows = run.load(), run.rows()
    runs = gj.stack([run.at("optimizer.learning_rate", rate) for rate in (1e-3, 1e-2)])

    @jax.jit
    @jax.vmap
    def final(run):
        start, fixed = run.init(pool, rows)
        return run.measure(run.advance(start, fixed, pool, 0, 5), fixed, pool, 5)["test_loss"]

    expected = swept(run, {"optimizer.learning_rate": [1e-3, 1e-2]}).test_loss.isel(step=-1)
    np.testing.assert_allclose(final(runs), expected, rtol=1e-5)


class Norms(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(nn.BatchNorm(use_running_average=False)(x))


class Rate(nn.Module):
    rate: float = 0.5

    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x * self.rate if self.rate > 0 else x)


class Flat(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x)[:, 0]


class Scaled(nn.Module):
    init_scale: float = 1.0

    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x)


def fail(view):
    return view.params["nope"]


REFUSED = {
    "state beside params": (lambda: gj.check(own_run(model=Norms())), "has variables batch_stats, params"),
    "a float that decides code": (lambda: gj.check(own_run(model=gj.model(Rate, rate=0.1))), "or name it in static="),
    "outputs without columns": (lambda: gj.check(own_run(model=Flat())), r"it must give floats of shape \(3, 1\)"),
    "a field of every model": (lambda: own_run(model=Scaled()), "fields named init_scale"),
    "a mean of losses": (lambda: gj.check(own_run(loss=lambda o, t: ((o - t) ** 2).mean())), r"of shape \(3,\)"),
    "a metric that fails": (lambda: gj.check(own_run(metrics={"m": fail})), r"metric 'm' fails with KeyError"),
    "dims of another array": (
        lambda: gj.check(own_run(metrics={"m": gj.metric(layer_norms, dims=("a", "b"))})),
        "so it must have 2 dimensions",
    ),
    "a metric's name that is taken": (lambda: own_run(metrics={"test_loss": layer_norms}), "every run records"),
    "a finished transformation": (lambda: own_run(optimizer=optax.adam(1e-3)), "is a finished optax transformation"),
    "a hyper-parameter that is missing": (lambda: gj.check(own_run(optimizer=optax.adam)), "needs learning_rate"),
    "an axis that nothing reads": (
        lambda: gj.check(own_run(), {"training.seed": [0, 1]}),
        "all runs along it would be equal",
    ),
    "an axis that is not a field": (lambda: gj.check(own_run(), {"model.gian": [1, 2]}), "model has name, width, gain"),
    "flat values": (lambda: gj.data(X, Y[:, 0]), r"write targets\[:, None\]"),
    "fewer targets": (lambda: gj.data(X, Y[:5]), "both must have the same number"),
    "labels below 0": (lambda: gj.data(X, np.arange(60) - 1), "labels go from -1 to 58"),
    "no rows are left to test on": (
        lambda: gj.data(X, Y, train_size=1000),
        "train_size is 1000; the data has 60 rows",
    ),
    "more rows than there are": (lambda: gj.data(X, Y, train_size=50, test_size=20), "the data has 60 rows in all"),
    "no number": (lambda: gj.data(X * np.nan, Y), "not finite in 32 bits"),
    "a value below its limit": (lambda: own_run().at("model.gain", 0), r"model.gain is 0.0; it must be above 0"),
    "a value of another type": (lambda: gj.model(Net, width=2.5), "model.width is 2.5; it must be a whole number"),
    "a field that is not there": (lambda: gj.model(Net, widht=3), "has no field 'widht'; it has width, gain"),
    "a word that is not a loss": (lambda: own_run(loss="mae"), "it must be one of mse, cross_entropy, brier"),
    "no task": (lambda: own_run(task=3), "task is 3; it must be a task"),
    "no training field": (lambda: gj.Training(step=3), "training 'Training' has no field 'step'; it has batch_size"),
    "runs of two programs": (
        lambda: gj.stack([own_run(), own_run().at("model.width", 5)]),
        "differs from the first in a static field",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_parts_that_do_not_fit_are_refused_in_one_line(case):
    act, words = REFUSED[case]
    with pytest.raises(gj.UserError, match=words) as raised:
        act()
    assert "\n" not in str(raised.value)


def test_describe_says_of_each_field_what_it_means_and_what_is_allowed():
    width, gain = gj.describe(Net)
    assert width == {
        "field": "width",
        "kind": "static",
        "default": 4,
        "allowed": "1 or above",
        "meaning": "hidden units",
    }
    assert (gain["kind"], gain["allowed"]) == ("traced", "above 0")


def test_a_part_of_a_module_of_one_s_own_is_chosen_by_its_place(small_config):
    config = from_config(small_config()).at("model.name", f"{__name__}:Net").at("model.gain", 3)
    assert config.model.values()["gain"] == 3.0
    with pytest.raises(gj.UserError, match="has no 'Nope'"):
        config.at("model.name", f"{__name__}:Nope")


def test_results_are_read_in_a_word_each():
    runs = swept(own_run(), {"seed": range(2)})
    last = gj.final(runs)
    assert last.test_loss.dims == ("seed",)
    assert last.test_loss.equals(runs.test_loss.isel(step=-1, drop=True))
    assert "t_generalize" in gj.times(runs)
    assert gj.plot(runs).axes
    with pytest.raises(gj.UserError, match="holds no results"):
        gj.load("nowhere")
    with pytest.raises(AttributeError, match="no attribute 'plots'"):
        gj.plots  # noqa: B018


def network(scale):
    first = nn.Dense(4, kernel_init=nn.initializers.normal(scale))
    return nn.Sequential([first, nn.tanh, nn.Dense(1)])


def test_a_checkpoint_of_a_module_with_other_parts_inside_is_another_sweep(tmp_path):
    swept(own_run(model=network(0.1)), checkpoint=tmp_path)
    assert swept(own_run(model=network(0.1)), checkpoint=tmp_path).sizes
    with pytest.raises(gj.UserError, match="model Sequential"):
        swept(own_run(model=network(2.0)), checkpoint=tmp_path)


def test_a_global_that_a_function_inside_a_module_reads_is_looked_at_again(monkeypatch):
    monkeypatch.setitem(globals(), "SLOPE", 1.0)
    before = swept(own_run(model=nn.Sequential([nn.Dense(4), sloped, nn.Dense(1)])))
    monkeypatch.setitem(globals(), "SLOPE", 3.0)
    after = swept(own_run(model=nn.Sequential([nn.Dense(4), sloped, nn.Dense(1)])))
    assert not np.array_equal(before.test_loss, after.test_loss)


def sloped(x):
    return SLOPE * jnp.tanh(x)


def test_true_and_1_are_two_programs():
    assert Form(own_run(model=gj.model(Flagged, flag=True))) != Form(own_run(model=gj.model(Flagged, flag=1)))


class Flagged(nn.Module):
    flag: object = None

    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x)


def test_whole_parts_can_be_an_axis():
    runs = swept(own_run(metrics={}), {"model": [Net(), Flagged()], "seed": range(2)})
    assert (runs.attrs["programs"], runs.sizes["model"]) == (2, 2)
    assert np.isfinite(runs.test_loss).all()


def test_a_field_that_is_named_static_splits_the_grid():
    adam = gj.optimizer(optax.adam, static=("b1",), learning_rate=0.1, b1=0.9)
    assert swept(own_run(optimizer=adam), {"optimizer.b1": [0.8, 0.9]}).attrs["programs"] == 2


def test_a_run_goes_through_a_pytree_and_a_copy_with_its_steps():
    run = own_run()
    for again in (jax.tree.map(lambda leaf: leaf, run), copy.deepcopy(run)):
        assert again.training.schedule == run.training.schedule
        assert swept(again).equals(swept(run))
    assert "Net" in repr(run)
    assert "Run(" in repr(gj.stack([run, run]))


def test_the_results_tell_the_fields_of_an_own_loss():
    config = json.loads(swept(own_run(loss=gj.loss(huber, delta=0.5))).attrs["config"])
    assert config["loss"]["delta"] == 0.5
    assert config["metrics"]["layer_norm"]["dims"] == ["layer"]


def test_a_subclass_does_not_pass_for_the_class_that_it_changes():
    class Times(ModularArithmetic):
        def load(self):
            pairs = super().load()
            return pairs._replace(targets=pairs.inputs[:, 0] * pairs.inputs[:, 1] % self.p)

    assert Times(p=11).name == "Times"
    with pytest.raises(gj.UserError, match=r"probe 'fourier' needs task\.name='modular_arithmetic'"):
        gj.Run(Times(p=11), "mlp", "adamw", metrics=("fourier",))


def test_a_field_that_must_be_given_says_so():
    (row,) = (row for row in gj.describe(optax.sgd) if row["field"] == "learning_rate")
    assert row["allowed"] == "must be given"


class Failing(gj.Task):
    @property
    def width(self):
        return np.zeros(3).breadth


def test_an_error_inside_a_property_of_a_part_is_shown_as_it_is():
    with pytest.raises(AttributeError, match="breadth"):
        _ = Failing().width


class Undeclared(gj.Task):
    n: int = 3


REFUSED_LATER = {
    "a field that is not declared": (Undeclared, "task.n is not declared; write n = gj.static"),
    "a metric's name that the results have": (
        lambda: gj.check(own_run(metrics={"step": layer_norms})),
        "a metric gives 'step', which the results already have",
    ),
    "a dimension that is an axis": (
        lambda: gj.check(own_run(metrics={"m": gj.metric(layer_norms, dims=("seed",))}), {"seed": [0, 1]}),
        "a metric gives 'seed', which the results already have",
    ),
    "dims as a word": (lambda: gj.metric(layer_norms, dims="layer"), "it must be a tuple of names"),
    "variables as a word": (
        lambda: gj.metric(layer_norms, variables="norm"),
        "variables is 'norm'; it must be a dict:",
    ),
    "a variable without units": (
        lambda: gj.metric(layer_norms, variables={"n": ("norm",)}),
        "it must be a dict: name ->",
    ),
    "needs that is not a function": (
        lambda: gj.metric(layer_norms, needs=3),
        "metrics.needs is 3; it must be a function",
    ),
    "an axis of the start, where weights are given": (
        lambda: swept(own_run(), {"model.init_scale": [1.0, 2.0]}, start=weights_of(own_run())),
        "model.init_scale is not used by this setup",
    ),
}


def weights_of(run):
    return swept(run, keep_params=[0])[1].at()


@pytest.mark.parametrize("case", REFUSED_LATER)
def test_what_would_be_lost_or_alike_is_one_line(case):
    act, words = REFUSED_LATER[case]
    with pytest.raises(gj.UserError, match=words):
        act()
