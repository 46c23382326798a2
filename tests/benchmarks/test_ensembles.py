from functools import partial

import jax
import numpy as np
import pytest

from benchmarks import ensembles, grids, machine, suite, works
from benchmarks import transformer as nanda
from grok_jax.tasks.mnist import load_embedded
from grok_jax.training import dynamics
from grok_jax.training.batches import shuffled
from grok_jax.training.chunks import scalars
from grok_jax.training.devices import pad_runs, per_run
from grok_jax.training.plan import plan_grid
from grok_jax.training.program import TRAINING, fitted_program, load_pool

STEPS = 12
RATES = "optimizer.learning_rate=3e-4, 3e-3; optimizer.weight_decay=0, 1"
TINY = {"p": 5, "train_fraction": 0.5, "width": 8, "mlp_width": 12}
MAKERS = {
    "teacher_student": works.teacher_student,
    "transformer": partial(works.transformer, **TINY),
    "modular_mlp": works.modular_mlp,
}


def ours(module: str, changes: dict) -> tuple:
    """The group, its start, its training rows, and its training losses after some steps."""
    (group,) = plan_grid(grids.load_config(module, "smoke", {"grid": RATES, **changes})).groups
    runs = len(group.members)
    program = fitted_program(group, "map", runs, TRAINING)
    pool = load_pool(group.form, program.mesh)
    hyper = jax.device_put(pad_runs(group.hyper, program.runs), per_run(program.mesh))
    moving, fixed = program.stages.init(hyper, pool)
    start = jax.device_get(moving.params)  # before advance takes its memory
    moving = program.stages.advance(moving, fixed, hyper, pool, *scalars(program, 0, STEPS))
    measured = program.stages.measure(moving, fixed, hyper, pool, *scalars(program, STEPS))
    return group, start, fixed.data.train, np.asarray(measured["train_loss"])


def as_linear(params: dict, make) -> dict:
    """Our layers under the names and in the order of axes of a torch.nn.Sequential."""
    import torch

    found = {}
    names = [name for name, module in make().named_children() if isinstance(module, torch.nn.Linear)]
    for name, layer in zip(names, params.values(), strict=True):
        found[f"{name}.weight"] = torch.tensor(np.swapaxes(layer["kernel"], 1, 2).copy())
        found[f"{name}.bias"] = torch.tensor(layer["bias"])
    return found


def theirs(work: ensembles.Work, group, start: dict, make, orders=None) -> tuple:
    """The work at our weights and rates, and its losses after as many steps."""
    import torch

    rates = {
        name: torch.tensor(np.asarray(group.hyper[f"optimizer.{name}"], np.float32))
        for name in ("learning_rate", "weight_decay")
    }
    work = work._replace(params=as_linear(start, make), **rates)
    state = ensembles.initial_state(work)
    ensembles.stepper(work, state, "eager", orders)(STEPS)
    return ensembles.losses(work, state).numpy(), ensembles.losses(work, ensembles.initial_state(work)).numpy()


def in_double(work: ensembles.Work) -> ensembles.Work:
    parts = {name: getattr(work, name) for name in ("inputs", "targets", "learning_rate", "weight_decay")}
    doubles = {name: part.double() if part.is_floating_point() else part for name, part in parts.items()}
    return work._replace(params={name: weights.double() for name, weights in work.params.items()}, **doubles)


def test_an_ensemble_of_students_has_our_losses_from_our_weights_on():
    torch = pytest.importorskip("torch")
    group, start, train, expected = ours(suite.TEACHER_STUDENT, {"training.probes": ()})
    work = works.teacher_student(4, torch.device("cpu"))
    data = {name: torch.tensor(np.asarray(getattr(train.examples, name))) for name in ("inputs", "targets")}
    found, before = theirs(work._replace(**data), group, start, works.peers.teacher_network)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert np.all(abs(found / before - 1) > 1e-2)


@pytest.mark.parametrize(("module", "make"), [(suite.MNIST, works.mnist), (suite.LANDSCAPE, works.landscape)])
def test_an_ensemble_on_our_batches_of_digits_has_our_losses(module, make):
    torch = pytest.importorskip("torch")
    changes = {"task.train_size": 400, "training.probes": (), "model.init_scale": 2.0}
    group, start, train, expected = ours(module, changes)
    rows = np.asarray(train.index[0])
    images, labels = (array[rows] for array in load_embedded())
    work = make(4, torch.device("cpu"), images, labels)

    def orders():
        key = dynamics.stream(group.form.fill({k: v[0] for k, v in group.hyper.items()}).training, dynamics.BATCH)
        for epoch in range(STEPS):
            order = shuffled(jax.random.fold_in(key, epoch), jax.numpy.arange(400), jax.numpy.int32(400))
            yield torch.tensor(np.tile(np.asarray(order), (4, 1)).astype(np.int64))

    found, before = theirs(work, group, start, works.peers.mnist_network, orders())
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert np.all(abs(found / before - 1) > 1e-2)


def test_each_run_of_an_ensemble_sees_every_row_once_in_an_epoch():
    torch = pytest.importorskip("torch")
    images, labels = suite._first_digits(400)
    work = works.mnist(2, torch.device("cpu"), images, labels)
    work = work._replace(inputs=torch.arange(400.0), targets=torch.zeros(400))
    state = ensembles.initial_state(work)
    state.order.copy_(next(ensembles._shuffled(state.order)))
    seen = torch.cat([ensembles._next_batch(work, state)[0] for _ in range(2)], dim=1)
    assert [sorted(rows) for rows in seen.tolist()] == [list(range(400))] * 2
    assert seen[0].tolist() != seen[1].tolist()


def test_the_constant_norm_of_each_run_of_an_ensemble_stays():
    torch = pytest.importorskip("torch")
    work = works.landscape(3, torch.device("cpu"), *suite._first_digits(200))
    state = ensembles.initial_state(work)
    ensembles.stepper(work, state, "eager")(5)
    torch.testing.assert_close(ensembles._norms(state.params), ensembles._norms(work.params))
    assert not torch.equal(state.params["0.weight"], work.params["0.weight"])


def test_a_network_of_an_ensemble_is_that_of_the_loop():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    loop = nanda.network(5, 8, 12, True, torch.device("cpu"))
    work = MAKERS["transformer"](1, torch.device("cpu"))
    params = {name: weights.detach() for name, weights in loop.named_parameters()}
    torch.testing.assert_close(work.network(params, work.inputs[0]), loop(work.inputs[0]))


@pytest.mark.parametrize("name", MAKERS)
def test_a_run_of_an_ensemble_takes_the_step_of_pytorchs_own_adamw(name):
    torch = pytest.importorskip("torch")
    work = in_double(MAKERS[name](2, torch.device("cpu")))  # Adam blows up the roundings of small gradients.
    state = ensembles.initial_state(work)
    ensembles.stepper(work, state, "eager")(3)
    alone = {key: torch.nn.Parameter(weights[1].clone()) for key, weights in work.params.items()}
    options = {"lr": float(work.learning_rate[1]), "weight_decay": float(work.weight_decay[1]), "betas": work.betas}
    adamw = torch.optim.AdamW(alone.values(), **options)
    for _ in range(3):
        adamw.zero_grad()
        ensembles.loss_of(work)(alone, work.inputs[1], work.targets[1]).backward()
        adamw.step()
    torch.testing.assert_close({key: state.params[key][1] for key in alone}, {k: v.detach() for k, v in alone.items()})


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_compiled_ensemble_takes_the_steps_of_the_eager_one():
    torch = pytest.importorskip("torch")
    if reason := machine.no_compiler():
        pytest.skip(reason)
    work = works.landscape(2, torch.device("cpu"), *suite._first_digits(200))
    ends = []
    for form in ("eager", "compiled"):
        state = ensembles.initial_state(work)
        orders = iter([state.order.flip(1), state.order])
        ensembles.stepper(work, state, form, orders)(4)
        ends.append(state.params)
    torch.testing.assert_close(*ends, rtol=1e-4, atol=1e-5)
