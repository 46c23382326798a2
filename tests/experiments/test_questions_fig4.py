import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import xarray as xr

from configs.questions.fig4_minima import REFERENCE, STEP_ANGLE, Sizes, get_config, settings, spaced
from experiments.questions.fig4_minima import CLAIMS, LEVELS, NAMES, minima, over_norms, plot, zone_of
from experiments.questions.unexplained import measure_unexplained
from grok_jax.analysis.claims import judge
from grok_jax.models import init_params
from grok_jax.models.mlp import MLP
from grok_jax.optim.optimizer import optimizer
from grok_jax.tasks import Examples
from grok_jax.training import Probed
from grok_jax.training.grid import parse_grid
from grok_jax.training.records import labels

QUICK = get_config("quick").grid
WIDTHS = (8, 16, 32)
THREE = [Sizes(task, WIDTHS, (0.7,), spaced(10, 5), p=5) for task in NAMES]
SEEDS = 3


def power(width, exponent):
    return (width / 4) ** exponent


def errors(task, width, scale, direction, share, half):
    """The test error: by direction at the reference norm, and by the distance from it elsewhere."""
    if np.isclose(scale, 1):
        return LEVELS[task] * (0.5 if direction < 10 * share(width) else 2)
    return LEVELS[task] * np.exp(abs(np.log(scale)) - half(width))


def results(
    grid=QUICK,
    *,
    share=lambda width: min(0.2 + 0.1 * np.log2(width), 1),
    half=lambda width: 0.5 * power(width, 0.3),
    doubling=0.3,
    curvature=-0.6,
    angle=-0.5,
    fit_from=8,
    seeds=SEEDS,
):
    """Runs of a grid: shares of directions, half widths of the zone in ln(norm), and powers of the width.

    Args:
      grid: of the config, or as for sweep.
      share: width -> share of directions that generalize at the reference norm.
      half: width -> half of the zone; if negative, no other norm than the reference generalizes.
      doubling, curvature, angle: exponents.
      fit_from: the narrowest network that fits the training rows.
      seeds: data sets.
    """
    points, *others = (axis for axis in parse_grid(grid) if axis.name != "seed")
    directions = others[0].values if others else [(None,)]
    fields = [dict(zip(points.fields, values, strict=True)) for values in points.values]
    runs = []
    for point in fields:
        task, (width, *_) = point["task.name"], point["model.widths"]
        scale = point["model.init_scale"] / REFERENCE[task]
        for (seed,) in directions:
            error = errors(task, width, scale, point["model.seed"] if seed is None else seed, share, half)
            train = 0.0 if width >= fit_from else 0.2
            runs.append(
                {
                    "test_unexplained": error if task == "teacher_student" else 0.9,
                    "test_accuracy": 1 - error if task != "teacher_student" else 0.9,
                    "train_unexplained": train,
                    "train_accuracy": 1 - train,
                    "doubling_angle": 0.1 * power(width, doubling),
                    "mean_curvature": power(width, curvature),
                    "highest_curvature": 50 * power(width, curvature),
                    "angle_from_start": power(width, angle),
                    "final_step": 1500,
                }
            )
    shape = (len(fields), len(directions), 1, 1) if others else (len(fields), 1, 1)
    dims = (points.name, *(["model.seed"] if others else []), "seed", "step")
    values = {}
    for name in runs[0]:
        array = np.broadcast_to(np.reshape([float(run[name]) for run in runs], shape), (*shape[:-2], seeds, 3))
        values[name] = (dims[:-1], array[..., 0]) if name == "final_step" else (dims, array)
    coordinates = {name: (points.name, labels([point[name] for point in fields])) for name in points.fields}
    own = {"model.seed": [seed for (seed,) in directions]} if others else {}
    return xr.Dataset(values, {**coordinates, **own, "seed": range(seeds), "step": [0, 1350, 1500]})


def judged(**changes):
    return [claim["verdict"] for claim in judge(CLAIMS, results(**changes))]


def of_task(number, **changes):
    """Verdicts on the claim with this number among a task's four: teacher and student, MNIST."""
    return [judged(**changes)[place] for place in (number - 1, number + 3)]


def test_wider_networks_with_more_suitable_minima_in_every_sense_pass_every_claim_of_the_tasks_that_ran():
    assert judged() == ["holds"] * 8 + ["not measured"] * 4


def test_with_all_tasks_and_directions_on_their_own_axis_every_claim_is_decided():
    ds = results(settings(THREE, 10))
    assert [claim["verdict"] for claim in judge(CLAIMS, ds)] == ["holds"] * 12


def test_networks_whose_width_changes_nothing_fail_every_claim():
    same = {"share": lambda width: 0.5, "half": lambda width: 0.8, "doubling": 0, "angle": 0}
    assert judged(**same)[:8] == ["does not hold"] * 8


def test_the_opposite_fails_every_claim():
    opposite = {
        "share": lambda width: 0.9 - 0.1 * np.log2(width),
        "half": lambda width: power(width, -0.3),
        "doubling": -0.3,
        "angle": 0.5,
    }
    assert judged(**opposite)[:8] == ["does not hold"] * 8


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_claim_1_is_open_where_all_widths_are_at_one_end(share):
    assert of_task(1, share=lambda width: share) == ["not measured"] * 2


def test_claim_1_fails_where_the_share_rises_and_falls_again():
    assert of_task(1, share=lambda width: {4: 0.2, 16: 0.9, 64: 0.5, 256: 0.8}[width]) == ["does not hold"] * 2


def test_claim_2_holds_where_the_narrowest_network_has_no_zone():
    changes = {"share": lambda width: float(width > 4), "half": lambda width: 0.5 * power(width, 0.3) * (width > 4)}
    assert of_task(2, **changes) == ["holds"] * 2


def test_claim_2_is_open_where_the_norms_end_within_a_zone():
    assert of_task(2, half=lambda width: power(width, 0.5)) == ["not measured"] * 2


def test_claim_2_is_open_without_any_zone():
    assert of_task(2, share=lambda width: 0.0, half=lambda width: -1.0) == ["not measured"] * 2


def test_claim_3_leaves_out_networks_that_do_not_fit():
    # Width 4 doubles at half the angle of width 16, and all others at the same.
    changes = {"doubling": 0.5}
    assert of_task(3, **changes) == ["holds"] * 2
    assert of_task(3, fit_from=64, **changes) == ["holds", "not measured"]
    assert of_task(3, fit_from=256, **changes) == ["not measured"] * 2


def test_claim_3_is_open_where_neither_end_doubles_at_any_angle():
    ds, (axis,) = results(), results()["model.widths"].dims
    widest = xr.DataArray(
        [text in ("(256, 256)", "(64, 64)") for text in map(str, ds["model.widths"].values)], dims=axis
    )
    for is_infinite, verdict in ((widest, "holds"), (xr.ones_like(widest), "not measured")):
        changed = ds.assign(doubling_angle=ds["doubling_angle"].where(~is_infinite, np.inf))
        found = judge(CLAIMS, changed)
        assert [found[place]["verdict"] for place in (2, 6)] == [verdict] * 2


@pytest.mark.parametrize(("exponent", "verdict"), [(-0.5, "holds"), (-0.05, "does not hold"), (0.2, "does not hold")])
def test_claim_4_takes_an_angle_that_falls_by_half(exponent, verdict):
    assert of_task(4, angle=exponent) == [verdict] * 2


def test_a_claim_takes_three_data_sets_and_three_widths():
    assert set(judged(seeds=2)) == {"not measured"}
    two = [sizes._replace(widths=WIDTHS[:2]) for sizes in THREE]
    assert {claim["verdict"] for claim in judge(CLAIMS, results(settings(two, 10)))} == {"not measured"}


def test_a_run_that_diverged_does_not_generalize():
    ds = results(share=lambda width: 1.0)
    points = ds["model.seed"] >= 2
    ds["test_unexplained"] = ds["test_unexplained"].where(~points)
    measured = judge(CLAIMS, ds)[0]["measured"]
    assert {value for name, value in measured.items() if "at width" in name} == {0.2}


def test_the_zone_reaches_from_the_norm_at_which_the_median_direction_begins_to_generalize_to_where_it_ends():
    zone = zone_of(minima(results(half=lambda width: np.log(2.154434) + 0.3), "mnist"), "mnist")
    # Between two norms the logarithm of the error is linear, as it is in these runs but for the rounding of norms.
    np.testing.assert_allclose(zone.width, 2 * (np.log(2.154434) + 0.3), rtol=5e-3)
    np.testing.assert_allclose(zone.low * zone.high, 1, rtol=5e-3)


def test_only_directions_that_every_norm_has_count_for_the_zone():
    found = minima(results(), "teacher_student")
    assert found.sizes["direction"] == 10
    assert over_norms(found).sizes["direction"] == 3


def test_a_run_outside_the_grid_is_not_measured():
    assert {claim["verdict"] for claim in judge(CLAIMS, xr.Dataset())} == {"not measured"}


def test_the_figure_has_a_row_for_each_task_that_ran(tmp_path):
    figure = plot(results())
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert [title.partition(":")[0] for title in titles] == ["teacher and student"] * 4 + ["MNIST"] * 4
    assert [ax.get_title(loc="left") for ax in figure.axes[:8]] == [f"({letter})" for letter in "abcdefgh"]
    figure.savefig(tmp_path / "figure.png")


def test_the_figure_says_how_many_weights_there_are_for_each_target(tmp_path):
    figure = plot(results())
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["4\n(0.14)", "16\n(0.91)", "64\n(9.7)", "256\n(137)"]


@pytest.mark.parametrize("task", NAMES)
def test_the_first_step_turns_the_weights_by_the_same_angle_at_every_width_and_norm(task):
    sizes = Sizes(task, (4, 64), (0.7,), spaced(4, 3), p=5)
    points, _ = parse_grid(settings([sizes], 1))
    net, turned = sizes.network(), []
    for values in points.values:
        point = dict(zip(points.fields, values, strict=True))
        module = MLP(point["model.widths"], net.outputs, net.activation, net.use_bias)
        start = init_params(module, jax.random.key(0), jnp.zeros((1, net.inputs)), point["model.init_scale"])
        tx = optimizer("adam", learning_rate=point["optimizer.learning_rate"]).build(1.0)
        updates, _ = tx.update(start, tx.init(start), start)
        turned.append(optax.tree.norm(updates) / optax.tree.norm(start))
    np.testing.assert_allclose(turned, STEP_ANGLE, rtol=0.15)


@pytest.mark.parametrize(("outputs", "share"), [([0.0, 1.0, 5.0, 9.0], 0), ([2.0, 2.0, 2.0, 9.0], 1)])
def test_the_mean_of_the_targets_leaves_all_unexplained_and_the_targets_nothing(outputs, share):
    # The last row is not in use.
    rows = Examples(None, jnp.array([[0.0], [1.0], [5.0], [-7.0]]))
    weights, found = jnp.array([1.0, 1.0, 1.0, 0.0]) / 3, jnp.array(outputs)[:, None]
    seen = dict.fromkeys(Probed._fields) | {"train": rows, "test": rows, "train_outputs": found, "test_outputs": found}
    shares = measure_unexplained(Probed(**seen | {"train_weights": weights, "test_weights": weights}))
    np.testing.assert_allclose(list(shares.values()), share, rtol=1e-6)
