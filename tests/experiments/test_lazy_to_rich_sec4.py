import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.sec4_lazy_routes import CLAIMS, OUTPUT_SCALE, POINT, TARGET_SCALE, WIDTH, plot
from grok_jax.analysis.claims import judge

STEPS = np.array([0, 10, 100, 1000, 10_000, 100_000])
OUTPUTS = [(1.0, a, 100) for a in (0.25, 0.5, 1.0, 2.0, 4.0)]
LABELED = [(1 / a, 1.0, 100) for a in (0.25, 0.5, 2.0, 4.0)]
USUAL = [(1.0, np.sqrt(n / 100), n) for n in (25, 400, 1600)]
PLAIN = [(1.0, 1.0, n) for n in (25, 400, 1600)]


def as_the_paper_says(labels, alpha, width):
    """How lazy a run is: what α is over the scale of the labels."""
    return alpha / labels


def results(laziness=as_the_paper_says, seeds=3, points=(*OUTPUTS, *LABELED, *USUAL, *PLAIN)):
    """Runs that fit at step 10, generalize at 100 times their laziness, and whose kernel moves as one over it."""
    lazy = np.array([laziness(*point) for point in points])[:, None, None] * np.ones((1, seeds, 1))
    late = np.clip(np.log(STEPS[None, None, :] + 1e-9) / np.log(100 * lazy), 0, None)
    scale = np.array([point[0] for point in points])[:, None, None] ** 2
    at_end = np.where(STEPS[-1] == STEPS, 1.0, np.where(STEPS == 0, 0.0, np.nan))
    values = {
        "test_loss": scale * 0.2**late,
        "train_loss": scale * 0.2 ** np.clip(np.log(STEPS + 1e-9) / np.log(10), 0, None) * np.ones(lazy.shape),
        "kernel_distance": 0.1 / lazy * at_end,
        "relative_distance": 0.2 / lazy * (STEPS > 0),
    }
    coords = {
        name: (POINT, [point[i] for point in points]) for i, name in enumerate((TARGET_SCALE, OUTPUT_SCALE, WIDTH))
    }
    dims = (POINT, "seed", "step")
    return xr.Dataset(
        {name: (dims, value) for name, value in values.items()}, {**coords, "seed": range(seeds), "step": STEPS}
    )


def judged(ds):
    return [v["verdict"] for v in judge(CLAIMS, ds)]


def test_what_the_paper_says_passes_every_claim():
    assert judged(results()) == ["holds"] * 6


@pytest.mark.parametrize("route", [0, 1, 2])
def test_a_route_that_makes_runs_richer_fails_its_claim(route):
    def laziness(labels, alpha, width):
        factors = (alpha if width == 100 else 1.0, 1 / labels, np.sqrt(width / 100) if alpha != 1 else 1.0)
        return (
            factors[0] ** (-1 if route == 0 else 1)
            * factors[1] ** (-1 if route == 1 else 1)
            * (factors[2] ** (-1 if route == 2 else 1))
        )

    expected = ["holds"] * 6
    expected[route] = "does not hold"
    found = judged(results(laziness))
    assert found[:3] == expected[:3]
    assert found[4] == ("holds" if route == 1 else "does not hold")


def test_claim_4_fails_for_labels_that_train_otherwise():
    found = judged(results(lambda labels, alpha, width: alpha / labels**0.9))
    assert found == ["holds", "holds", "holds", "does not hold", "holds", "holds"]


def test_claim_4_fails_where_the_losses_alone_differ():
    ds = results()
    other = ds["test_loss"].where((ds[TARGET_SCALE] == 1) | (ds["step"] != 100), 1.1 * ds["test_loss"])
    assert judged(ds.assign(test_loss=other))[3] == "does not hold"


def test_claim_5_fails_where_width_is_half_an_output_scale():
    found = judged(results(lambda labels, alpha, width: alpha / labels / np.sqrt(np.sqrt(width / 100))))
    assert found[4:] == ["does not hold", "does not hold"]


def test_claim_6_fails_where_width_alone_makes_runs_lazy():
    found = judged(results(lambda labels, alpha, width: alpha / labels * np.sqrt(width / 100)))
    assert found[5] == "does not hold"


def test_waits_that_are_never_over_give_no_verdict_on_a_route():
    ds = results()
    assert judged(ds.assign(test_loss=ds["test_loss"].clip(0.5, None)))[:3] == ["not measured"] * 3


def test_two_seeds_and_another_grid_give_no_verdict():
    assert judged(results(seeds=2)) == ["not measured"] * 6
    assert judged(results().isel({POINT: 0}, drop=True)) == ["not measured"] * 6


def test_sweeps_that_are_not_there_give_no_verdict_on_them():
    assert judged(results(points=OUTPUTS))[1:] == ["not measured"] * 5


def test_the_figure_shows_each_route(tmp_path):
    figure = plot(results())
    assert [ax.get_title(loc="left") for ax in figure.axes] == [f"({letter})" for letter in "abcdef"]
    assert [len(ax.lines) for ax in figure.axes] == [11, 11, 9, 9, 4, 4]
    figure.savefig(tmp_path / "figure.png")


def test_the_figure_can_be_drawn_where_no_wait_is_over(tmp_path):
    ds = results()
    plot(ds.assign(test_loss=ds["test_loss"].clip(0.5, None))).savefig(tmp_path / "figure.png")
