import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

import grok_jax
from configs.arena.fig3_muon import FRACTIONS, METHOD_AXIS, TASK_AXIS, methods_axis, steps_of_epoch, tasks_axis
from experiments.arena.fig3_muon import ADAMW, CLAIMS, LIMIT, MUON, ONE_RATE, epochs_of, plot, table
from grok_jax.analysis.claims import judge
from grok_jax.training.grid import parse_grid

P, BATCH, BUDGET, FIT = 31, 64, 600, 10
RATES = (1e-3, 3e-3)
HOLDS, FAILS, OPEN = "holds", "does not hold", "not measured"
NEVER = np.inf
OPERATIONS = tuple(FRACTIONS)
# Epochs of each method by operation: as published on average, and closer together with Muon.
EPOCHS = {ADAMW: (200.0, 300.0, 400.0), MUON: (180.0, 200.0, 220.0), ONE_RATE: (180.0, 200.0, 220.0)}
BOTH = ("cross_entropy", "stablemax")


def time_of(kind, task, changes, slower):
    """The epoch at which a method groks on a task at a rate: as in EPOCHS, or as changed."""
    (method, rate), (operation, _, loss, _) = kind, task
    time = EPOCHS[method][OPERATIONS.index(operation)] * (slower if rate == RATES[1] else 1)
    for wanted, changed in changes.items():
        matches = (each in (None, own) for each, own in zip(wanted, (method, operation, loss, rate), strict=True))
        time = changed if all(matches) else time
    return time


def results(changes=None, *, seeds=3, losses=BOTH[:1], rates=RATES, budget=BUDGET, slower=1.1):
    """Train accuracy is 1 from epoch FIT on, test accuracy from the method's epoch; the second rate is slower.

    Args:
      changes: {(method, operation, loss, rate): epoch}, where None stands for all.
    """
    (tasks,) = parse_grid(tasks_axis(P, BATCH, budget, FRACTIONS, losses))
    (methods,) = parse_grid(methods_axis(rates))
    kinds = [(method, rate) for method in (ADAMW, MUON, ONE_RATE) for rate in rates]
    lengths = [steps_of_epoch(P, operation, fraction, BATCH) for operation, fraction, *_ in tasks.values]
    times = np.array([[time_of(kind, task, changes or {}, slower) for kind in kinds] for task in tasks.values])
    late = times * np.array(lengths)[:, None]
    fit, last = FIT * np.array(lengths), np.array([task[3] for task in tasks.values])
    steps = np.unique([0, *fit - 1, *fit, *last, *(x for t in late[late < last.max()] for x in (t - 1, t))])
    known = np.where(steps <= last[:, None], 1.0, np.nan)[:, None]
    train = np.where(steps >= fit[:, None], 1.0, 0.1)[:, None] * known + 0 * late[..., None].clip(max=1)
    test = np.where(steps >= late[..., None], 1.0, 0.1) * known
    train, test = (np.repeat(curve[:, :, None], seeds, axis=2) for curve in (train, test))
    dims = (TASK_AXIS, METHOD_AXIS, "seed", "step")
    coords = {name: (TASK_AXIS, list(v)) for name, v in zip(tasks.fields, zip(*tasks.values, strict=True), strict=True)}
    named = zip(methods.fields, zip(*methods.values, strict=True), strict=True)
    shown = ("optimizer.name", "optimizer.learning_rate", "optimizer.adam_learning_rate")
    coords |= {name: (METHOD_AXIS, [np.nan if x is None else x for x in v]) for name, v in named if name in shown}
    config = {"task": {"p": P}, "training": {"batch_size": BATCH}}
    return xr.Dataset(
        {"train_accuracy": (dims, train), "test_accuracy": (dims, test)},
        {**coords, "seed": range(seeds), "step": steps},
        {"config": json.dumps(config)},
    )


def judged(changes=None, **given):
    verdicts = judge(CLAIMS, results(changes, **given))
    return {int(verdict["id"].rpartition("/")[2]): verdict["verdict"] for verdict in verdicts}


def of(method, epoch, operation=None, loss=None, rate=None):
    return {(method, operation, loss, rate): epoch}


def test_epochs_as_published_pass_every_claim():
    assert judged(losses=BOTH) == dict.fromkeys(range(1, 9), HOLDS)


def test_a_muon_that_is_as_slow_as_adamw_fails_the_claims_about_it():
    slow = {
        (method, each, None, None): epoch
        for method in (MUON, ONE_RATE)
        for each, epoch in zip(OPERATIONS, EPOCHS[ADAMW], strict=True)
    }
    assert judged(slow, losses=BOTH) == dict.fromkeys(range(1, 9), FAILS)


def test_epochs_are_steps_over_the_steps_of_a_pass_through_the_training_pairs():
    high = epochs_of(results()).high.sel(optimizer=MUON, rate=1e-3, seed=0)
    np.testing.assert_allclose(high, EPOCHS[MUON], rtol=1e-3)


@pytest.mark.parametrize(
    ("operation", "steps"), [("add", 15), ("divide", 15), ("multiply", 10)], ids=lambda value: str(value)
)
def test_an_epoch_of_the_paper_has_the_steps_of_its_dataloader(operation, steps):
    # 7527, 7449 and 4704 rows in batches of 512, the last one smaller
    assert steps_of_epoch(97, operation, FRACTIONS[operation], 512) == steps


@pytest.mark.parametrize(("claim", "operation"), [(4, "add"), (5, "divide"), (6, "multiply")])
def test_an_operation_is_judged_by_its_own_claim(claim, operation):
    late = of(MUON, 410.0, operation) | of(ADAMW, 400.0, operation)
    verdicts = judged(late)
    assert [verdicts[number] for number in (4, 5, 6)] == [FAILS if n == claim else HOLDS for n in (4, 5, 6)]


def test_a_ratio_within_the_margin_of_the_published_one_holds_and_one_beyond_it_does_not():
    flat = {(ADAMW, None, None, None): 300.0}
    assert judged(flat | of(MUON, 300 * LIMIT - 5))[1] == HOLDS
    assert judged(flat | of(MUON, 300 * LIMIT + 5))[1] == FAILS


def test_each_method_is_judged_at_its_own_best_rate():
    assert judged(of(ADAMW, NEVER, rate=1e-3))[1] == HOLDS  # AdamW's other rate takes 1.1 times as long
    assert judged(of(ADAMW, 150.0, rate=3e-3))[1] == FAILS


def test_claim_2_fails_where_muon_is_late_at_one_of_the_rates():
    verdicts = judged(of(MUON, 390.0, rate=3e-3))
    assert (verdicts[1], verdicts[2]) == (HOLDS, FAILS)


def test_a_rate_at_which_no_method_groks_decides_nothing():
    never = of(MUON, NEVER, rate=3e-3) | of(ADAMW, NEVER, rate=3e-3)
    assert judged(never)[2] == HOLDS
    assert judged({(None, None, None, None): NEVER})[2] == OPEN


def test_claim_3_is_about_muon_at_one_rate_alone():
    verdicts = judged(of(ONE_RATE, NEVER))
    assert [number for number, verdict in verdicts.items() if verdict == FAILS] == [3]


def test_claim_7_fails_where_muon_differs_more_between_tasks():
    verdicts = judged(of(MUON, 90.0, "add"))
    assert (verdicts[1], verdicts[7]) == (HOLDS, HOLDS)
    assert judged(of(MUON, 20.0, "add") | of(MUON, 390.0, "multiply"))[7] == FAILS


def test_claim_8_fails_where_stablemax_makes_adamw_as_fast():
    verdicts = judged(of(ADAMW, 200.0, loss="stablemax"), losses=BOTH)
    assert (verdicts[4], verdicts[8]) == (HOLDS, FAILS)


def test_claim_8_needs_runs_with_stablemax():
    assert judged() == {**dict.fromkeys(range(1, 8), HOLDS), 8: OPEN}


def test_nothing_is_measured_where_no_method_groks():
    assert judged({(None, None, None, None): NEVER}, losses=BOTH) == dict.fromkeys(range(1, 9), OPEN)


def test_a_baseline_that_never_groks_is_later_where_the_budget_is_long_enough():
    assert judged(of(ADAMW, NEVER))[1] == HOLDS
    assert judged(of(ADAMW, NEVER) | of(MUON, 590.0))[1] == OPEN


def test_the_ratio_to_a_baseline_that_never_groks_is_reported_as_a_bound():
    first = judge(CLAIMS[:1], results(of(ADAMW, NEVER)))[0]["measured"]
    assert first["ratio, at most"] == pytest.approx(np.mean(EPOCHS[MUON]) / BUDGET, rel=1e-3)


def test_a_muon_that_never_groks_is_known_to_be_later_than_an_adamw_that_does():
    assert judged(of(MUON, NEVER))[1] == FAILS


def test_a_run_that_diverges_does_not_grok():
    ds = results()
    diverged = (ds["optimizer.name"] == "muon") & (ds["step"] > 50)
    ds = ds.where(~diverged)
    high = epochs_of(ds).high
    assert np.isinf(high.sel(optimizer=MUON)).all()
    assert np.isfinite(high.sel(optimizer=ADAMW, rate=1e-3)).all()


def test_a_run_that_generalizes_before_it_fits_groks_when_it_fits():
    high = epochs_of(results(of(MUON, 2.0))).high.sel(optimizer=MUON)
    np.testing.assert_allclose(high, FIT, rtol=0.01)


def test_claims_take_three_seeds():
    assert set(judged(seeds=2).values()) == {OPEN}


def test_claims_are_open_without_the_axes_of_tasks_and_methods():
    alone = results().isel({TASK_AXIS: 0}, drop=True)
    assert {verdict["verdict"] for verdict in judge(CLAIMS, alone)} == {OPEN}


def test_the_table_has_every_task_method_and_rate_once():
    rows = table(results(losses=BOTH))
    assert len({(row["task"], row["method"], row["rate"]) for row in rows}) == len(rows) == 6 * 3 * 2


def test_the_figure_shows_late_runs_at_their_budget(tmp_path):
    figure = plot(results(of(MUON, NEVER)))
    heights = {y for line in figure.axes[0].lines for y in np.ravel(line.get_ydata()) if np.isfinite(y)}
    assert BUDGET in np.round(sorted(heights))
    figure.savefig(tmp_path / "figure.png")


def optimizers(rate):
    """AdamW and Muon as the figure's axis gives them at a rate."""
    (axis,) = parse_grid(methods_axis((rate,)))
    fields = [dict(zip(axis.fields, point, strict=True)) for point in axis.values]
    given = [{name.partition(".")[2]: x for name, x in one.items() if x is not None and x != ()} for one in fields]
    return [grok_jax.optimizer(one.pop("name"), **one) for one in given]


def test_muon_moves_what_it_leaves_to_adamw_exactly_as_adamw_does():
    keys = jax.random.split(jax.random.key(0), 4)
    shapes = {"token_embedding": (9, 4), "position_embedding": (4, 4), "unembedding": (4, 9)}
    params = {
        name: {"kernel": jax.random.normal(key, shape)}
        for key, (name, shape) in zip(keys, shapes.items(), strict=False)
    }
    params["block_0"] = {"kernel": jax.random.normal(keys[3], (4, 4))}
    grads = jax.tree.map(jnp.sin, params)
    moved = []
    for each in optimizers(1e-2):
        chain = each.build(1.0)
        moved.append(chain.update(grads, chain.init(params), params)[0])
    adamw, fast, one_rate = moved
    for name in shapes:
        np.testing.assert_allclose(fast[name]["kernel"], adamw[name]["kernel"], rtol=2e-5)
        np.testing.assert_allclose(one_rate[name]["kernel"], adamw[name]["kernel"], rtol=2e-5)
    assert np.abs(fast["block_0"]["kernel"] - adamw["block_0"]["kernel"]).max() > 1e-2


def test_hidden_matrices_shrink_by_decay_alike_with_every_method():
    params = {name: {"kernel": jnp.ones((4, 4))} for name in ("token_embedding", "position_embedding", "unembedding")}
    params["block_0"] = {"kernel": jnp.ones((4, 4))}
    still = jax.tree.map(jnp.zeros_like, params)
    for each in optimizers(1e-2):
        chain = each.build(1.0)
        moved = chain.update(still, chain.init(params), params)[0]
        for leaf in jax.tree.leaves(moved):
            np.testing.assert_allclose(leaf, -1e-2, rtol=1e-5)
