"""Trajectories of the optimizers against those of PyTorch, in float64."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from grok_jax.optim.optimizer import optimizer

NAMES = ("w1", "b1", "w2", "b2", "w3", "b3")
SIZES, STEPS, ROWS, BATCH = (4, 16, 16, 3), 200, 40, 10


def problem():
    """Weights, examples and the rows of each minibatch, as float64 and int arrays."""
    rng = np.random.default_rng(0)
    params = []
    for fan_in, fan_out in itertools.pairwise(SIZES):
        params += [rng.normal(size=(fan_in, fan_out)) / np.sqrt(fan_in), 0.1 * rng.normal(size=fan_out)]
    batches = np.stack([rng.permutation(ROWS)[:BATCH] for _ in range(STEPS)])
    return params, rng.normal(size=(ROWS, SIZES[0])), rng.normal(size=(ROWS, SIZES[-1])), batches


def forward(params, x, tanh):
    w1, b1, w2, b2, w3, b3 = params
    h = tanh(x @ w1 + b1[None, :])
    return tanh(h @ w2 + b2[None, :]) @ w3 + b3[None, :]


def pytorch_trajectory(build, clip_norm=None, warmup_steps=None):
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    params, inputs, targets, batches = problem()
    params = [torch.tensor(p, requires_grad=True) for p in params]
    optimizer = build(torch.optim, params)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: min(t / warmup_steps, 1) if warmup_steps else 1)
    for rows in batches:
        outputs = forward(params, torch.tensor(inputs[rows]), torch.tanh)
        optimizer.zero_grad()
        ((outputs - torch.tensor(targets[rows])) ** 2).mean().backward()
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(params, clip_norm)
        optimizer.step()
        schedule.step()
    return [p.detach().numpy() for p in params]


def our_trajectory(name, fields):
    params, inputs, targets, batches = jax.tree.map(jnp.asarray, problem())
    params = dict(zip(NAMES, params, strict=True))
    tx = optimizer(name, **fields).build(1.0)

    def loss(params, rows):
        params = [params[name] for name in NAMES]
        return jnp.mean((forward(params, inputs[rows], jnp.tanh) - targets[rows]) ** 2)

    def step(carry, rows):
        params, state = carry
        updates, state = tx.update(jax.grad(loss)(params, rows), state, params)
        return (optax.apply_updates(params, updates), state), None

    trained = jax.jit(lambda params: jax.lax.scan(step, (params, tx.init(params)), batches)[0][0])(params)
    return [trained[name] for name in NAMES]


def assert_same_trajectory_end(name, fields, build):
    schedule = {field: fields.get(field) for field in ("clip_norm", "warmup_steps")}
    theirs = np.concatenate([np.ravel(p) for p in pytorch_trajectory(build, **schedule)])
    with jax.enable_x64(True):
        ours = np.concatenate([np.ravel(p) for p in our_trajectory(name, fields)])
    start = np.concatenate([np.ravel(p) for p in problem()[0]])
    moved = np.linalg.norm(theirs - start)
    assert moved > 0.01 * np.linalg.norm(start)
    assert np.linalg.norm(ours - theirs) < 1e-6 * moved


ADAMS = {"lr": 3e-3, "betas": (0.9, 0.98), "eps": 1e-4}
OUR_ADAMS = {"learning_rate": 3e-3, "b1": 0.9, "b2": 0.98, "eps": 1e-4}


@pytest.mark.parametrize(
    ("name", "fields", "build"),
    [
        ("gd", {"learning_rate": 0.1}, lambda of, p: of.SGD(p, 0.1)),
        ("gd", {"learning_rate": 0.1, "weight_decay": 0.02}, lambda of, p: of.SGD(p, 0.1, weight_decay=0.02)),
        (
            "momentum",
            {"learning_rate": 0.05, "momentum": 0.8, "weight_decay": 0.02},
            lambda of, p: of.SGD(p, 0.05, momentum=0.8, weight_decay=0.02),
        ),
        ("adam", {}, lambda of, p: of.Adam(p)),
        ("adam", {**OUR_ADAMS, "weight_decay": 0.02}, lambda of, p: of.Adam(p, **ADAMS, weight_decay=0.02)),
        ("adamw", {}, lambda of, p: of.AdamW(p, weight_decay=0)),
        ("adamw", {**OUR_ADAMS, "weight_decay": 1.0}, lambda of, p: of.AdamW(p, **ADAMS, weight_decay=1.0)),
    ],
)
def test_trajectory_is_that_of_pytorch(name, fields, build):
    assert_same_trajectory_end(name, fields, build)


def groups(params, rate, decay):
    """The first layer apart, at 0.2 times the rate and 3 times the decay."""
    first = {"params": params[:2], "lr": 0.2 * rate, "weight_decay": 3 * decay}
    return [first, {"params": params[2:], "lr": rate, "weight_decay": decay}]


APART = {"apart": ("w1", "b1"), "apart_learning_rate": 0.2, "apart_weight_decay": 3.0}


@pytest.mark.parametrize(
    ("name", "fields", "build"),
    [
        ("gd", {"learning_rate": 0.1, "weight_decay": 0.02}, lambda of, p: of.SGD(groups(p, 0.1, 0.02), 0.1)),
        ("adam", {**OUR_ADAMS, "weight_decay": 0.02}, lambda of, p: of.Adam(groups(p, 3e-3, 0.02), **ADAMS)),
        ("adamw", {**OUR_ADAMS, "weight_decay": 1.0}, lambda of, p: of.AdamW(groups(p, 3e-3, 1.0), **ADAMS)),
    ],
)
def test_parts_apart_are_pytorchs_parameter_groups(name, fields, build):
    assert_same_trajectory_end(name, {**fields, **APART}, build)


def test_warm_up_is_pytorchs_lambda_lr_decay_included():
    fields = {**OUR_ADAMS, "weight_decay": 1.0, "warmup_steps": 10}
    assert_same_trajectory_end("adamw", fields, lambda of, p: of.AdamW(p, **ADAMS, weight_decay=1.0))


def test_clipping_is_pytorchs_clip_grad_norm():
    fields = {"learning_rate": 0.5, "clip_norm": 0.2, "weight_decay": 0.02}
    # PyTorch divides by the norm + 1e-6, optax by the norm: the tolerance of this one claim.
    theirs = pytorch_trajectory(lambda of, p: of.SGD(p, 0.5, weight_decay=0.02), clip_norm=0.2)
    with jax.enable_x64(True):
        ours = our_trajectory("gd", fields)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-4)
