"""Every part works where a user has JAX refuse what it would do silently: promotions, ranks, tracers that leak."""

import jax
import numpy as np
import pytest

import grok_jax
from experiments.settings import EARLIER
from grok_jax.models import MODELS
from grok_jax.optim import OPTIMIZERS
from grok_jax.tasks import TASKS
from grok_jax.tasks.pde import EQUATIONS
from grok_jax.training import validation
from grok_jax.training.losses import LOSSES, OF_VALUES
from grok_jax.training.metrics import METRICS
from grok_jax.training.naming import loss_of

FITTING = {  # for each task, models that take it, and fields that make both small
    "circuit_logits": (["mixture"], {"task.p": 5, "training.loss": "cross_entropy"}),
    "image_field": (["fourier_mlp", "siren"], {"task.size": 6}),
    "imdb": (["lstm"], {"task.source": "csv", "task.file": "reviews.csv", "task.length": 6, "task.size": 30}),
    "kernel_eigenvector": (["mlp", "committee"], {"task.order": 3, "task.train_size": 12, "task.test_size": 6}),
    "mnist": (["mlp"], {"task.train_size": 20, "task.messiness": 0.5}),
    "modular_arithmetic": (
        ["lstm", "token_mlp", "transformer"],
        {"task.p": 11, "task.encoding": "tokens", "task.label_noise": 0.1, "training.batch_size": 4},
    ),
    "pinn": (["mlp", "siren"], {"task.points": 9, "task.equation": "burgers"}),
    "qm9": (["graph_network"], {"task.size": 20}),
    "radiance_field": (["nerf"], {"task.size": 2, "model.samples": 3}),
    "single_index": (["committee", "mlp"], {"task.target": "hermite", "model.centered": True}),
    "sparse_parity": (["mlp"], {"task.train_size": 20, "task.places": "random"}),
    "teacher_student": (["mlp"], {"task.noise": 0.1, "model.linearized": True, "training.shrink_step": 5}),
    "toy_addition": (["embedded_sum"], {"task.encoding": "tokens", "task.messiness": 0.5}),
}
PAIRS = [(task, model) for task, (models, _) in FITTING.items() for model in models]


@pytest.fixture(autouse=True)
def strict(tmp_path, monkeypatch):
    (tmp_path / "reviews.csv").write_text("text,label\n" + "".join(f"word{i} film,{i % 2}\n" for i in range(40)))
    monkeypatch.setenv("GROK_JAX_DATA", str(tmp_path))
    monkeypatch.setenv("GROK_JAX_CACHE", str(tmp_path))
    validation._traced.cache_clear()  # what was traced before would not be traced again
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"), jax.checking_leaks():
        yield
    validation._traced.cache_clear()


def config_of(task, model="mlp", optimizer="adamw", **fields):
    config = grok_jax.default_config(task, model, optimizer)
    config.update_from_flattened_dict({**FITTING[task][1], **fields})
    if config.training.shrink_step is not None:
        config.training.shrink_to = 0.5
    return config


def test_these_are_all_tasks_and_models():
    assert {task for task, _ in PAIRS} == set(TASKS)
    assert {model for _, model in PAIRS} == set(MODELS)


@pytest.mark.sampled
@pytest.mark.parametrize(("task", "model"), PAIRS)
def test_every_task_and_model_can_be_checked(task, model):
    grok_jax.check(config_of(task, model))


@pytest.mark.sampled
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_can_be_checked(optimizer):
    noise = {"optimizer.clip_norm": 1.0, "optimizer.warmup_steps": 3, "optimizer.weight_noise": 0.1}
    noise |= {"optimizer.update_noise": 0.1, "optimizer.weight_decay": 0.1}
    grok_jax.check(config_of("teacher_student", optimizer=optimizer, **noise))


@pytest.mark.sampled
@pytest.mark.parametrize("loss", [word for word in reversed(LOSSES) if word not in OF_VALUES])
def test_every_loss_of_labels_can_be_checked_at_a_temperature(loss):
    fields = {"temperature": 4.0, "temperature_end": 1.0, "temperature_steps": 3, "loss": loss}
    config = config_of("circuit_logits", "mixture", **{f"training.{name}": value for name, value in fields.items()})
    grok_jax.check(config, {"loss.dtype": ["float64"]} if "dtype" in loss_of(loss).shown() else {})


@pytest.mark.sampled
@pytest.mark.parametrize("equation", EQUATIONS)
def test_the_residual_of_every_equation_can_be_checked(equation):
    fields = {"task.equation": equation, "model.activation": "tanh", "training.loss": "residual"}
    grok_jax.check(config_of("pinn", **fields), {"loss.boundary_weight": [0.1, 1.0]})


@pytest.mark.slow
@pytest.mark.parametrize("probe", [*METRICS, *EARLIER])
def test_every_probe_that_fits_can_be_checked(probe):
    of_some = {"logits": ("mnist", "mlp"), "mixture": ("circuit_logits", "mixture"), "psnr": ("image_field", "siren")}
    task, model = of_some.get(probe, ("modular_arithmetic", "transformer"))
    if probe in (
        "decomposition",
        "kernel",
        "kernel_regression",
        "population_alignment",
        "row_errors",
        "subspace",
        "solution_error",
    ):
        task, model = "single_index", "committee"
    fields = {"task.target": "quadratic"} if task == "single_index" else {}
    if probe == "representation":
        task, model = "toy_addition", "embedded_sum"
    grok_jax.check(config_of(task, model, **fields, **{"training.probes": (EARLIER.get(probe, probe),)}))


@pytest.mark.slow
def test_a_sweep_gives_what_it_gives_elsewhere(small_config):
    runs = grok_jax.sweep(small_config(), {"seed": [0, 1]}, progress=False)
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        elsewhere = grok_jax.sweep(small_config(), {"seed": [0, 1]}, progress=False)
    np.testing.assert_array_equal(runs.train_loss, elsewhere.train_loss)
