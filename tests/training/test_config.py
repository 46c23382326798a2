"""From configs to runs: what is static, what is traced, what is refused."""

import pytest

from grok_jax import UserError, check, default_config
from grok_jax.parts import dotted_leaves
from grok_jax.training.config import from_config
from grok_jax.training.run import Form


def run(**names):
    return from_config(default_config(**names))


def test_a_traced_field_is_an_argument_and_no_part_of_the_program():
    one, two = (run().at("optimizer.weight_decay", value) for value in (0.0, 1.0))
    assert Form(one) == Form(two)
    assert [dotted_leaves(each)["optimizer.weight_decay"] for each in (one, two)] == [0.0, 1.0]


def test_a_static_field_changes_the_program():
    assert Form(run()) != Form(run().at("model.widths", (7,)))


def test_an_optional_part_is_left_out_by_none_and_traced_by_a_number():
    without, noisy, noisier = (run().at("optimizer.update_noise", x) for x in (None, 0.0, 0.1))
    assert "optimizer.update_noise" not in dotted_leaves(without)
    assert Form(noisy) == Form(noisier) != Form(without)


def test_steps_are_not_part_of_the_program():
    assert Form(run()) == Form(run().at("training.steps", 7))


def test_seeds_that_are_none_follow_the_seed_of_the_run():
    leaves = dotted_leaves(run().at("seed", 5).at("task.seed", 9).seeded())
    assert (leaves["task.seed"], leaves["model.seed"], leaves["training.seed"]) == (9, 5, 5)


def test_a_part_has_its_static_and_traced_fields_together():
    fields = run().optimizer
    assert (fields.name, fields.learning_rate, fields.clip_norm) == ("adamw", 1e-3, None)


def test_another_task_has_its_own_defaults():
    task = run().at("task.name", "mnist").task.values()
    assert (task["train_size"], task["test_size"]) == (1000, None)


def test_another_name_keeps_what_was_chosen_and_both_have():
    optimizer = run().at("optimizer.learning_rate", 0.5).at("optimizer.name", "momentum").optimizer
    assert optimizer.values()["learning_rate"] == 0.5
    assert optimizer.values()["momentum"] == 0.9
    assert "b1" not in optimizer.values()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("model.widths", (100, -1), "model.widths"),
        ("model.init_scale", "big", "must be a number"),
        ("model.init_scale", -2.0, "0 or above"),
        ("model.init_scale", float("inf"), "finite"),
        ("seed", 2**31, "32 bits"),
        ("model.output_scale", 0.0, "above 0"),
        ("model.name", "mpl", "there are committee, "),
        ("training.shrink_step", 5, "training.shrink_step is 5 and training.shrink_to is None; give both or none"),
        ("training.shrink_to", 0.5, "training.shrink_step is None and training.shrink_to is 0.5; give both or none"),
        ("model.centered", 1, "must be True or False"),
        ("training.loss", "mae", "mse, cross_entropy"),
        ("training.steps", 1.5, "whole number"),
        ("training.steps", -1, "0 or above"),
        ("training.batch_size", 0, "above 0"),
        ("training.record_steps", (5, 2000), "0 .. 1000"),
        ("training.probes", ("cka",), "cka"),
        ("training.probe_every", 0, "1 or above"),
        ("training.probe_rows", 0, "above 0"),
        ("model.linearized", 1, "must be True or False"),
        ("optimizer.learning_rate", 0, "above 0"),
        ("optimizer.weight_decay", -0.1, "optimizer.weight_decay is -0.1"),
        ("optimizer.clip_norm", "x", "a number or None"),
        ("task.seed", 0.5, "a whole number or None"),
        ("task.train_size", 0, "task.train_size is 0"),
        ("model.widht", 3, "is not a field; model has"),
        ("models.width", 3, "is not a field"),
        ("training.name", "x", "'training.name' is not a field"),
        ("training.probes", (3,), r"names \[3\]; there are"),
        ("training.probes", (["kernel"],), r"names \[\('kernel',\)\]; there are"),
        ("training.probes", ({},), r"names \[{}\]; there are"),
        ("training.probes", "kernel", "must be a tuple"),
    ],
)
def test_an_impossible_value_is_one_line_that_names_the_field(field, value, words):
    with pytest.raises(UserError, match=words) as raised:
        run().at(field, value).rows()
    assert "\n" not in str(raised.value)


def test_a_learning_rate_that_drops_after_the_end_is_refused_in_one_line():
    config = default_config()
    config.optimizer.drop_factor, config.optimizer.drop_every = 0.2, 1001
    with pytest.raises(UserError) as raised:
        from_config(config)
    said = "optimizer.drop_every is 1001, and training.steps is 1000; the learning rate must drop before the training"
    assert str(raised.value) == f"{said} ends"
    config.optimizer.drop_every = 1000
    assert dotted_leaves(from_config(config))["optimizer.drop_every"] == 1000


def test_a_misspelled_field_of_a_config_is_refused():
    with pytest.raises(AttributeError):
        default_config().model.init_scael = 2.0


def test_a_config_with_an_old_name_of_a_field_is_read():
    config = default_config().to_dict()
    config["model"]["init"] = "normal"
    del config["model"]["initializer"]
    config["grid"] = "model.init, model.init_std=('pytorch', 1), ('normal', 3)"
    assert from_config(config | {"grid": ""}).model.initializer == "normal"
    assert from_config(config).model.initializer == "pytorch"


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UserError, match="teacher_student"):
        default_config(task="teacher")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"task": 3}, "task is 3; it must be a dict of fields"),
        ({"model": None}, "model is None; it must be a dict of fields"),
        ({"training": "mse"}, "training is 'mse'; it must be a dict of fields"),
        ({"execution": [1]}, "execution is .1.; it must be a dict of fields"),
        ({"grid": 3}, "the grid is 3; it must be text"),
        ({"grid": [1]}, "the grid is .1.; it must be text"),
        ({"figure": 3}, "figure is 3; it must be the name of a figure"),
        ({"training": {"name": "training"}}, "training has no field name"),
        ({"execution": {"checkpoint_seconds": -1}}, "checkpoint_seconds is -1.0; it must be 0 or above"),
        ({"execution": {"checkpoint_seconds": float("nan")}}, "checkpoint_seconds is nan; it must be finite"),
        ({"sections": 3}, "config has no sections"),
        ({"task": {3: 4}}, "task has no field 3"),
    ],
    ids=str,
)
def test_a_config_of_another_form_is_refused_in_one_line(config, words):
    with pytest.raises(UserError, match=words) as raised:
        check(config)
    assert "\n" not in str(raised.value)
