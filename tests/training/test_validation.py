"""What cannot train is refused before anything compiles, in one line that says what came and what must come."""

import dataclasses
import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import grok_jax
from grok_jax import UserError, check, observe, sweep
from grok_jax.models import MODELS
from grok_jax.optim import OPTIMIZERS
from grok_jax.parts import Called
from grok_jax.tasks import TASKS, Data, Examples, Rows, Split, Task
from grok_jax.training import metric
from grok_jax.training.metrics import METRICS

FILE = Path(__file__).name


class Network(nn.Module):
    """Gives what a function makes of it and its inputs."""

    called = "own"
    outputs: int
    give: Callable

    @nn.compact
    def __call__(self, x):
        return self.give(self, x)


def linear(network, x):
    return nn.Dense(network.outputs)(x)


def whole(rows, columns=None):
    return jnp.arange(rows) % 2 if columns is None else jnp.zeros((rows, columns), jnp.int32)


def values(rows, columns=2):
    return jnp.zeros((rows, columns))


def examples(rows, targets=values):
    return Examples(jnp.ones((rows, 4)), targets(rows))


def split(rows, targets=values, **changes):
    return Split(examples(rows, targets), jnp.arange(rows), jnp.int32(rows))._replace(**changes)


def task(targets=values, outputs=2, train=split, **changes):
    def draw(self, key, pool, capacity):
        return Data(train(capacity.train, targets), split(capacity.test, targets))

    methods = {"output_size": lambda self: outputs, "rows": lambda self: Rows(6, 4), "draw": draw}
    return type("Own", (Task,), {"called": "own", **methods, **changes})


def pooled(labels, **changes):
    """A class of tasks with a pool of these labels."""
    labels = np.asarray(labels, np.int32)

    def draw(self, key, pool, capacity):
        return Data(*(Split(None, jnp.arange(rows) % len(labels), jnp.int32(rows)) for rows in capacity))

    pool = Examples(np.ones((len(labels), 4), np.float32), labels)
    return task(load=lambda self: pool, draw=draw, **changes)


def model(give=linear):
    return grok_jax.model(Network, give=give)


def optimizer(update, init=lambda params: jnp.zeros(())):
    return Called("own", lambda: optax.GradientTransformationExtraArgs(init, update))


def measuring(measure, **options):
    return metric(measure, variables={"one": "a number"}, **options)


def fail(*args, **others):
    raise KeyError("nope")


LINE = fail.__code__.co_firstlineno + 1
NOPE = f"fails with KeyError: 'nope' ({FILE}:{LINE})"

# Parts of a run -> what is said of them. A task, a model, an optimizer or probe left out is one that fits.
REFUSED = {
    "flat_values": (
        {"task": task(lambda rows: jnp.zeros(rows), 1)},
        "targets of task 'own' are float32 of shape (rows,); give labels as int32 of shape (rows,), or values as "
        "floats of shape (rows, 1); write targets[:, None]",
    ),
    "columns": (
        {"task": task(functools.partial(values, columns=3))},
        "targets of task 'own' are float32 of shape (rows, 3); give labels as int32 of shape (rows,), or values as "
        "floats of shape (rows, 2)",
    ),
    "columns_of_labels": (
        {"task": task(functools.partial(whole, columns=1))},
        "targets of task 'own' are int32 of shape (rows, 1); give labels as int32 of shape (rows,), or values as "
        "floats of shape (rows, 2)",
    ),
    "unsigned_labels": (
        {"task": task(lambda rows: whole(rows).astype(jnp.uint8))},
        "targets of task 'own' are uint8 of shape (rows,); give labels as int32 of shape (rows,), or values as "
        "floats of shape (rows, 2)",
    ),
    "truth_values": (
        {"task": task(lambda rows: whole(rows, 2).astype(bool))},
        "targets of task 'own' are bool of shape (rows, 2); give labels as int32 of shape (rows,), or values as "
        "floats of shape (rows, 2)",
    ),
    "drawn_labels": (
        {"task": task(lambda rows: 3 + whole(rows))},
        "labels go from 3 to 4; a model with 2 outputs allows labels 0 to 1",
    ),
    "pooled_labels": (
        {"task": pooled([0, 6, 1], outputs=3)},
        "labels go from 0 to 6; a model with 3 outputs allows labels 0 to 2",
    ),
    "presented_labels": (
        {"task": pooled([0, 1], present=lambda self, shown: shown._replace(targets=shown.targets + 1))},
        "labels go from 1 to 2; a model with 2 outputs allows labels 0 to 1",
    ),
    "signs_as_labels": (
        {"task": pooled([-1, 0], outputs=1)},
        "labels go from -1 to 0; a model with 1 output allows labels 0 to 1",
    ),
    "no_outputs": ({"task": task(outputs=0)}, "task 'own' has 0 outputs; it must have 1 or more"),
    "no_rows": (
        {"task": task(rows=lambda self: Rows(0, 4))},
        "task 'own' (rows) gives Rows(train=0, test=4); each must be 1 or above",
    ),
    "other_dtype": (
        {"task": task(train=lambda rows, targets: split(rows, whole))},
        "task 'own' tests on examples (targets) of float32 of shape (3, 2); it trains on int32 of shape (3,)",
    ),
    "other_inputs": (
        {"task": task(train=lambda rows, _: split(rows, examples=Examples(jnp.ones((rows, 5)), values(rows))))},
        "task 'own' tests on examples (inputs) of float32 of shape (3, 4); it trains on float32 of shape (3, 5)",
    ),
    "short_index": (
        {"task": task(train=lambda rows, _: split(rows, index=jnp.arange(5)))},
        "task 'own' (draw) gives train.index as int32 of shape (5,) and train.size as int32 of shape (); they must "
        "be whole numbers of shapes (6,), the rows to make room for, and ()",
    ),
    "size_of_floats": (
        {"task": task(train=lambda rows, _: split(rows, size=jnp.float32(3)))},
        "task 'own' (draw) gives train.index as int32 of shape (6,) and train.size as float32 of shape (); they "
        "must be whole numbers of shapes (6,), the rows to make room for, and ()",
    ),
    "ragged": (
        {"task": task(train=lambda rows, _: split(rows, examples=Examples(jnp.ones((rows, 4)), values(7))))},
        "task 'own' (draw) has train examples whose arrays have (6,), (7,) rows; all must have equally many, 1 or more",
    ),
    "nothing": (
        {"task": task(train=lambda rows, _: split(rows, examples=None))},
        "task 'own' (draw) gives train no examples, and there is no pool; give one of them",
    ),
    "no_pool": (
        {"task": task(load=lambda self: (np.ones(3), np.ones(3)))},
        "task 'own' (load) gives tuple; it must give Examples or None",
    ),
    "not_row_by_row": (
        {"task": task(present=lambda self, shown: shown._replace(inputs=shown.inputs[:1]))},
        "task 'own' (present) gives arrays that begin with (1,), (3,) for 3 rows; each must begin with (3,)",
    ),
    "seven_of_ten_classes": (
        {"task": pooled(range(10), outputs=10), "model": model(lambda network, x: nn.Dense(7)(x))},
        "model 'own' gives float32 of shape (3, 7) for 3 rows; task 'own' has 10 outputs, so it must give floats of "
        "shape (3, 10)",
    ),
    "flat_outputs": (
        {"model": model(lambda network, x: nn.Dense(1)(x)[:, 0])},
        "model 'own' gives float32 of shape (3,) for 3 rows; task 'own' has 2 outputs, so it must give floats of shape "
        "(3, 2)",
    ),
    "transposed_outputs": (
        {"task": task(functools.partial(values, columns=3), 3), "model": model(lambda network, x: nn.Dense(3)(x).T)},
        "model 'own' gives float32 of shape (3, 4) for 4 rows; task 'own' has 3 outputs, so it must give floats of "
        "shape (4, 3)",
    ),
    "whole_outputs": (
        {"model": model(lambda network, x: linear(network, x).astype(int))},
        "model 'own' gives int32 of shape (3, 2) for 3 rows; task 'own' has 2 outputs, so it must give floats of shape "
        "(3, 2)",
    ),
    "whole_parameters": (
        {"model": model(lambda network, x: linear(network, x) * network.param("a", lambda key: jnp.int32(1)))},
        "model 'own' has parameters a of int32; parameters must be floats",
    ),
    "batch_statistics": (
        {"model": model(lambda network, x: linear(network, nn.BatchNorm(use_running_average=True)(x)))},
        "model 'own' has variables batch_stats, params; it must have params, and no others",
    ),
    "no_parameters": (
        {"model": model(lambda network, x: x[:, :2])},
        "model 'own' has variables (none); it must have params, and no others",
    ),
    "parameters": (
        {
            "optimizer": optimizer(
                lambda updates, state, params, **others: (jax.tree.map(lambda w: w[None], updates), state)
            )
        },
        "optimizer 'own' has updates Dense_0/bias(1, 2), Dense_0/kernel(1, 4, 2); the model has Dense_0/bias(2,), "
        "Dense_0/kernel(4, 2)",
    ),
    "state_dtype": (
        {"optimizer": optimizer(lambda updates, state, params, **others: (updates, jnp.int32(1)))},
        "a step of optimizer 'own' gives a state of int32 of shape (); it must be float32 of shape ()",
    ),
    "state_structure": (
        {"optimizer": optimizer(lambda updates, state, params, **others: (updates, (state, state)))},
        "a step of optimizer 'own' gives a state PyTreeDef((*, *)); it must be PyTreeDef(*)",
    ),
    "metric_of_rows": (
        {"metric": measuring(lambda probed: {"one": probed.train_weights})},
        "metric 'own' gives one as float32 of shape (6,); its dims are (), so it must have 0 dimensions",
    ),
    "metric_of_others": (
        {"metric": measuring(lambda probed: {"two": jnp.float32(2)})},
        "metric 'own' gives two; its variables are one",
    ),
    "metric_of_no_names": (
        {"metric": measuring(lambda probed: jnp.float32(2))},
        "metric 'own' gives own; its variables are one",
    ),
    "metric_of_no_array": (
        {"metric": measuring(lambda probed: {"one": "a word"})},
        "metric 'own' gives one as str; it must give an array, or a dict of arrays by name",
    ),
    **{
        f"task_{part}_raises": ({"task": task(**{part: fail})}, f"task 'own' ({part}) {NOPE}")
        for part in ("rows", "load", "draw", "present", "vocabulary", "check")
    },
    "build_raises": ({"model": grok_jax.model(Called("own", fail))}, f"model 'own' (build) {NOPE}"),
    "model_raises": ({"model": model(fail)}, f"model 'own' (init) {NOPE}"),
    "optimizer_raises": ({"optimizer": optimizer(fail)}, f"optimizer 'own' {NOPE}"),
    "optimizer_init_raises": ({"optimizer": optimizer(fail, fail)}, f"the start of a run {NOPE}"),
    "metric_raises": ({"metric": measuring(fail)}, f"metric 'own' {NOPE}"),
    "metric_needs_raises": ({"metric": measuring(fail, needs=fail)}, f"metric 'own' (needs) {NOPE}"),
}
cases = pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())


def config_of(parts, put=lambda registry, name, part: registry.update({name: part})):
    """The config of a run of these parts, each under a word."""
    fitting = {"task": task(), "model": model(), "metric": measuring(lambda probed: {"one": jnp.float32(1)})}
    for kind, registry in (("task", TASKS), ("model", MODELS), ("metric", METRICS), ("optimizer", OPTIMIZERS)):
        part = parts.get(kind, fitting.get(kind))
        if part is not None:
            put(registry, "own", part)
    return {
        "task": {"name": "own"},
        "model": {"name": "own"},
        "optimizer": {"name": "own" if "optimizer" in parts else "adamw"},
        "training": {"steps": 2, "records": 2, "probes": ("own",)},
    }


def refusal(function, *args, **others):
    """What a UserError says, in one line."""
    with pytest.raises(UserError) as raised:
        function(*args, **others)
    assert "\n" not in str(raised.value)
    return re.sub(r"gives \w*(Array|Tracer)\w*;", "gives {array};", str(raised.value))


@pytest.fixture
def own(monkeypatch):
    """Parts -> the config of a run of them, which have words as long as the test runs."""
    return lambda **parts: config_of(parts, monkeypatch.setitem)


@cases
def test_check_says_what_came_and_what_must_come(case, own):
    assert refusal(check, own(**case[0])) == case[1]


@cases
def test_sweep_refuses_what_check_refuses_and_compiles_nothing(case, own, monkeypatch, tmp_path):
    monkeypatch.setattr(sys.modules["grok_jax.training.sweep"], "fitted_program", None)
    assert refusal(sweep, own(**case[0]), progress=False, checkpoint=tmp_path / "kept") == case[1]
    assert not (tmp_path / "kept").exists()


def test_observe_refuses_what_check_refuses(own):
    parts, said = REFUSED["seven_of_ten_classes"]
    assert refusal(lambda: list(observe(lambda probed: probed.params, own(**parts)))) == said


def test_parts_that_fit_are_trained(own):
    config = own(optimizer=optimizer(lambda updates, state, params, **others: (updates, state)))
    check(config)
    assert np.isfinite(sweep(config, progress=False).train_loss).all()


def test_a_part_replaced_under_its_name_is_looked_at_again(own):
    check(own())
    parts, said = REFUSED["flat_outputs"]
    assert refusal(check, own(**parts)) == said
    parts, said = REFUSED["metric_raises"]
    assert refusal(check, own(**parts)) == said


def test_code_decided_by_a_traced_field_is_named(own):
    def build(outputs, deep=1.0):
        return Network(outputs if deep > 0 else 1, linear)

    said = refusal(check, own(model=grok_jax.model(Called("own", build))))
    line = build.__code__.co_firstlineno + 1
    assert said.startswith("model 'own' (build) fails with TracerBoolConversionError: ")
    assert said.endswith(
        f"({FILE}:{line}); a field that decides code or shapes must be static: declare it so, or name it in "
        "static=(...)"
    )


def test_every_group_of_a_grid_is_looked_at(own):
    def give(network, x):
        return linear(network, x)

    def build(wide=2):
        return Network(wide, give)

    config = own(model=grok_jax.model(Called("own", build)))
    check(config, {"model.wide": [2]})
    assert "gives float32 of shape (3, 5)" in refusal(check, config, {"model.wide": [2, 5]})


def test_labels_of_every_run_are_looked_at(own):
    def draw(self, key, pool, capacity):
        return Data(*(split(rows, lambda rows: whole(rows) + self.shift) for rows in capacity))

    config = own(task=task(draw=draw, shift=grok_jax.traced(0), __annotations__={"shift": int}))
    check(config, {"task.shift": [0], "seed": [0, 1]})
    said = refusal(check, config, {"task.shift": [0, 5, 0]})
    assert said == "labels go from 0 to 6; a model with 2 outputs allows labels 0 to 1"


def test_a_function_without_a_hash_is_checked_and_trained(own):
    @dataclasses.dataclass
    class Mean:  # that has an __eq__, so no hash
        factor: float

        def __call__(self, probed):
            return {"one": self.factor * probed.test_weights.sum()}

    config = own(metric=measuring(Mean(3.0)))
    check(config)
    assert sweep(config, progress=False).one.values.tolist() == pytest.approx([3, 3])


def test_a_global_that_a_part_reads_is_looked_at_again(own, monkeypatch):
    monkeypatch.setitem(globals(), "GIVEN", {"columns": 2})
    config = own(model=model(lambda network, x: nn.Dense(GIVEN["columns"])(x)))
    check(config)
    GIVEN["columns"] = 7
    assert "gives float32 of shape (3, 7) for 3 rows" in refusal(check, config)


def test_a_mixture_of_a_vector_task_is_refused():
    config = grok_jax.default_config("teacher_student", "mixture")
    assert "takes the logits of two circuits, (rows, 2, classes)" in refusal(check, config)


def test_logits_of_a_regression_are_refused_by_check():
    config = grok_jax.default_config()
    config.training.probes = ("logits",)
    assert refusal(check, config) == "probe 'logits' needs classes; task 'teacher_student' is a regression"


@pytest.mark.slow
def test_the_refusals_do_not_come_from_the_type_checks_of_the_tests():
    """The same in a process without them."""
    code = (
        "import importlib.util, sys; spec = importlib.util.spec_from_file_location('cases', sys.argv[1]); "
        "cases = importlib.util.module_from_spec(spec); spec.loader.exec_module(cases); "
        "wrong = [name for name, (parts, said) in cases.REFUSED.items() "
        "if cases.refusal(lambda: cases.check(cases.config_of(parts))) != said]; print(*wrong)"
    )
    done = subprocess.run([sys.executable, "-c", code, __file__], capture_output=True, text=True, env=os.environ)
    assert (done.stdout, done.stderr) == ("\n", "")
