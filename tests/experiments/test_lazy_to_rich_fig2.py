import json

import numpy as np
import xarray as xr

from experiments.lazy_to_rich.fig2_modular_mlp import CLAIMS, plot
from grok_jax.analysis.claims import judge

OUTPUT_SCALE = "model.output_scale"
NEVER = np.inf
# output scale (s = .5, 1, 1.5, 2) -> steps to 95% of train and of test accuracy
PAPER = {0.025: (3_000, 3_200), 0.1: (3_000, 6_000), 0.225: (3_000, 12_000), 0.4: (3_000, 20_000)}


def results(times=PAPER, growth=0.5, seeds=5, last=30_000):
    """Accuracies that rise linearly to .95 at the given times; a norm that grows by `growth` over the run."""
    steps = np.unique(np.geomspace(1, last, 300).round()).astype(int)

    def rise(which):
        curves = [np.full(steps.size, 0.1) if np.isinf(t[which]) else 0.95 * steps / t[which] for t in times.values()]
        return np.tile(np.minimum(curves, 1)[:, None], (2, 1, seeds, 1))

    def same(curve):
        return np.tile(curve, (2, len(times), seeds, 1))

    dims = ("task.p", OUTPUT_SCALE, "seed", "step")
    curves = {
        "train_accuracy": rise(0),
        "test_accuracy": rise(1),
        "weight_norm": same(60 * (1 + growth * steps / last)),
    }
    curves |= {"train_loss": same(np.exp(-steps / 3e3) / 23), "test_loss": same(np.exp(-steps / 6e3) / 23)}
    coords = {"task.p": [23, 13], OUTPUT_SCALE: list(times), "seed": range(seeds), "step": steps}
    return xr.Dataset({name: (dims, values) for name, values in curves.items()}, coords)


def judged(*args, **settings):
    """The verdicts, which must be the same at both primes."""
    verdicts = [v["verdict"] for v in judge(CLAIMS, results(*args, **settings))]
    assert verdicts[:3] == verdicts[3:]
    return verdicts[:3]


def test_the_papers_figure_passes_every_claim():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 6
    assert verdicts[0]["measured"]["t95(test)/t100(train)"] > 1.8
    assert verdicts[2]["measured"]["seeds"] == "5 of 5 (0.65 to 1.00)"


def test_a_prime_that_was_not_run_is_not_judged():
    verdicts = [v["verdict"] for v in judge(CLAIMS, results().isel({"task.p": [0]}))]
    assert verdicts == ["holds"] * 3 + ["not measured"] * 3


def test_claim_1_fails_where_train_and_test_rise_together():
    assert judged(PAPER | {0.1: (3_000, 3_500)})[0] == "does not hold"


def test_claim_1_is_open_where_the_run_never_generalizes():
    assert judged(PAPER | {0.1: (3_000, NEVER)})[0] == "not measured"


def test_claim_2_fails_where_the_norm_shrinks():
    assert judged(growth=-0.2)[1] == "does not hold"


def test_claim_2_is_not_shown_by_a_run_that_diverges():
    ds = results()
    assert judge(CLAIMS, ds.where(ds.step < 4_000))[1]["verdict"] == "does not hold"
    assert judge(CLAIMS, ds.where(ds.step < 20_000))[1]["verdict"] == "holds"


def test_claim_3_fails_where_a_wait_is_left_at_the_smallest_scale():
    assert judged(PAPER | {0.025: (3_000, 4_500)})[2] == "does not hold"


def test_claim_3_fails_where_the_wait_falls_with_the_scale():
    assert judged({0.025: (3_000, 4_400), 0.1: (3_000, 4_300), 0.4: (3_000, 4_200)})[2] == "does not hold"


def test_claim_3_counts_never_as_the_longest_wait():
    assert judged(PAPER | {0.4: (3_000, NEVER)})[2] == "holds"


def test_claim_3_is_open_where_most_scales_never_generalize():
    assert judged(PAPER | {0.225: (3_000, NEVER), 0.4: (3_000, NEVER)})[2] == "not measured"


def test_claim_3_takes_three_scales():
    ds = results()
    assert judge(CLAIMS, ds.sel({OUTPUT_SCALE: [0.025, 0.1]}))[2]["verdict"] == "not measured"
    assert judge(CLAIMS, ds.sel({OUTPUT_SCALE: [0.025, 0.1, 0.4]}))[2]["verdict"] == "holds"


def test_two_seeds_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 3


def test_the_figure_has_a_row_for_each_prime_and_shows_s(tmp_path):
    figure = plot(results())
    assert [ax.get_title() for ax in figure.axes[:3]] == ["p = 23, s = 1", "p = 23, s = 1", "p = 23"]
    labels = [text.get_text() for text in figure.axes[2].get_legend().get_texts()]
    assert labels == ["s = 0.5", "s = 1", "s = 1.5", "s = 2"]
    figure.savefig(tmp_path / "figure.png")


def test_the_figure_of_one_scale_takes_it_and_the_prime_from_the_config():
    ds = results().isel({"task.p": 0, OUTPUT_SCALE: 1}, drop=True)
    ds.attrs["config"] = json.dumps({"model": {"output_scale": 0.4}, "task": {"p": 13}})
    assert plot(ds).axes[0].get_title() == "p = 13, s = 2"
