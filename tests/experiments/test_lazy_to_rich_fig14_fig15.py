import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich import fig14_multi_index, fig15_hermite
from grok_jax.analysis.claims import judge

NEVER = np.inf
LATE = (100, 1_000)  # steps at which the training and the test loss are at a fifth of their start
FIGURES = [(fig14_multi_index, "task.directions", (2, 3)), (fig15_hermite, "task.degree", (3, 4))]


def results(axis, times, seeds=5, last=20_000):
    """Losses that fall as 1 / (1 + 4 step / time); axis lies along another, as zipped fields do."""
    steps = np.unique(np.r_[0, np.geomspace(1, last, 300).round()]).astype(int)

    def curves(which):
        falls = [6 / (1 + 4 * steps / pair[which]) for pair in times.values()]
        return ("setting", "seed", "step"), np.tile(np.array(falls)[:, None], (1, seeds, 1))

    coords = {"setting": range(len(times)), axis: ("setting", list(times)), "seed": range(seeds), "step": steps}
    ds = xr.Dataset({"train_loss": curves(0), "test_loss": curves(1)}, coords)
    return ds.swap_dims(setting=axis) if axis == "task.directions" else ds


def verdicts(module, ds):
    return [claim["verdict"] for claim in judge(module.CLAIMS, ds)]


@pytest.mark.parametrize(("module", "axis", "values"), FIGURES)
def test_late_generalization_in_both_settings_passes_both_claims(module, axis, values):
    assert verdicts(module, results(axis, dict.fromkeys(values, LATE))) == ["holds"] * 2


@pytest.mark.parametrize(("module", "axis", "values"), FIGURES)
def test_each_claim_is_about_its_own_setting(module, axis, values):
    together = {values[0]: (100, 150), values[1]: LATE}
    assert verdicts(module, results(axis, together)) == ["does not hold", "holds"]


def test_a_small_gap_of_several_thousand_steps_counts_for_degrees_and_not_for_directions():
    gap = (6_000, 9_000)
    assert verdicts(fig15_hermite, results("task.degree", {3: gap, 4: LATE})) == ["holds"] * 2
    directions = results("task.directions", {2: gap, 3: LATE})
    assert verdicts(fig14_multi_index, directions) == ["does not hold", "holds"]


def test_a_small_gap_of_a_thousand_steps_does_not_count():
    assert verdicts(fig15_hermite, results("task.degree", {3: LATE, 4: (6_000, 7_000)})) == ["holds", "does not hold"]


@pytest.mark.parametrize(("module", "axis", "values"), FIGURES)
def test_a_run_that_never_generalizes_leaves_its_claim_open(module, axis, values):
    assert verdicts(module, results(axis, {values[0]: LATE, values[1]: (100, NEVER)})) == ["holds", "not measured"]


@pytest.mark.parametrize(("module", "axis", "values"), FIGURES)
def test_a_setting_that_was_not_trained_leaves_its_claim_open(module, axis, values):
    assert verdicts(module, results(axis, {values[1]: LATE})) == ["not measured", "holds"]


@pytest.mark.parametrize(("module", "axis", "values"), FIGURES)
def test_two_seeds_give_no_verdict(module, axis, values):
    assert verdicts(module, results(axis, dict.fromkeys(values, LATE), seeds=2)) == ["not measured"] * 2


@pytest.mark.parametrize(("module", "axis", "values"), FIGURES)
def test_the_figure_has_a_panel_for_each_setting(module, axis, values, tmp_path):
    figure = module.plot(results(axis, dict.fromkeys(values, LATE)))
    name = axis.split(".")[1]
    assert [ax.get_title() for ax in figure.axes] == [f"{name} = {value}" for value in values]
    figure.savefig(tmp_path / "figure.png")
