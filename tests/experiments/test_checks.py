"""Numbers of the authors' own runs, held against ours."""

import functools
import importlib
import json

import numpy as np
import pytest
import xarray as xr

import grok_jax
from experiments.catalogue import all_figures
from experiments.check_pictures import check_curves, ratios
from experiments.checks import (
    AGREES,
    DIFFERS,
    NOT_COMPARED,
    SPREAD,
    Check,
    at_place,
    at_steps,
    compare,
    dip,
    on_slice,
    peak,
    rises,
    words,
)
from experiments.settings import preset_config
from grok_jax.training.config import complete
from grok_jax.training.grid import parse_grid

INIT_SCALE = "model.init_scale"
CONFIG = grok_jax.default_config("teacher_student", "mlp", "adamw")


def results(ends, scales=(1.0, 2.0), config=CONFIG):
    """Losses that are 1 at step 0 and end at a number for each seed, alike at every scale."""
    loss = np.stack([np.ones(len(ends)), np.asarray(ends, float)], -1)[None].repeat(len(scales), 0)
    coords = {INIT_SCALE: list(scales), "seed": range(len(ends)), "step": [0, 100]}
    attrs = {"config": json.dumps(config.to_dict())}
    return xr.Dataset({"test_loss": ((INIT_SCALE, "seed", "step"), loss)}, coords, attrs)


def verdict(ends, theirs, **choices):
    (row,) = compare(at_steps("test_loss", {INIT_SCALE: 2}, {100: theirs}), results(ends), **choices)
    return row["verdict"]


@pytest.mark.parametrize(
    ("theirs", "found"), [(0.2, AGREES), (0.17, AGREES), (0.15, DIFFERS), (0.5, AGREES), (0.6, DIFFERS)]
)
def test_a_number_agrees_within_the_seeds_range_widened_by_a_quarter(theirs, found):
    assert verdict([0.2, 0.3, 0.4], theirs) == found


def test_a_number_within_a_range_wider_than_tenfold_does_not_simply_agree():
    assert verdict([0.01, 0.2], 0.1) == SPREAD
    assert verdict([0.01, 0.2], 1.0) == DIFFERS


def test_seeds_that_never_reach_a_level_count_as_later_than_every_step():
    (row,) = compare([Check("test_loss", {INIT_SCALE: 2}, "fall", 0.5, 50)], results([0.2, 0.9]))
    assert (row["verdict"], row["high"]) == (SPREAD, np.inf)


def test_the_median_and_the_range_of_the_seeds_are_reported():
    (row,) = compare(at_steps("test_loss", {INIT_SCALE: 1}, {100: 1.0}), results([1.0, 4.0, 2.0]))
    assert [row[key] for key in ("low", "ours", "high")] == [1, 2, 4]


@pytest.mark.parametrize(
    ("check", "note"),
    [
        (Check("test_loss", {INIT_SCALE: 3}, "value", 100, 1.0), "no run with model.init_scale = 3"),
        (Check("test_loss", {INIT_SCALE: 1}, "value", 200, 1.0), "the runs end at step 100"),
        (Check("test_loss", {INIT_SCALE: 1}, "fall", 0.5, 200), "the runs end at step 100"),
        (Check("train_loss", {INIT_SCALE: 1}, "value", 100, 1.0), "the results have no train_loss"),
        (Check("test_loss", {}, "value", 100, 1.0), "other axes too: model.init_scale"),
    ],
)
def test_what_the_results_do_not_have_is_not_compared_and_the_reason_is_told(check, note):
    (row,) = compare([check], results([0.2, 0.3]))
    assert row["verdict"] == NOT_COMPARED
    assert note in row["note"]


def test_runs_that_all_diverged_are_not_compared():
    assert verdict([np.nan, np.nan], 0.2) == NOT_COMPARED


def test_results_of_another_setting_are_not_compared():
    other = CONFIG.copy_and_resolve_references()
    other.optimizer.weight_decay = 0.5
    (row,) = compare(at_steps("test_loss", {INIT_SCALE: 2}, {100: 0.2}), results([0.2]), setting=other)
    assert (row["verdict"], row["note"]) == (NOT_COMPARED, "not the authors' setting: optimizer.weight_decay")


def test_results_of_another_length_seed_and_records_are_compared():
    other = CONFIG.copy_and_resolve_references()
    other.training.steps, other.training.records, other.seed = 7, 3, 4
    assert verdict([0.2], 0.2, setting=other) == AGREES


def test_a_relative_check_is_held_against_the_curve_over_its_start():
    ds = results([0.2, 0.3])
    (row,) = compare(
        at_steps("test_loss", {INIT_SCALE: 2}, {100: 0.1}, relative=True), ds.assign(test_loss=2 * ds.test_loss)
    )
    assert row["ours"] == pytest.approx(0.25)


def test_words_say_what_is_read_off_which_curve_of_which_runs():
    first, second = peak("test_loss", {INIT_SCALE: 2}, step=10, height=3.0)
    assert words(first) == "peak of the test loss (init scale 2)"
    assert words(second) == "steps to the peak of the test loss (init scale 2)"
    assert words(*rises("test_accuracy", {}, {0.95: 10})) == "steps until test accuracy is 0.95"


def test_a_field_that_a_check_names_is_the_checks_business_and_not_the_presets():
    other = CONFIG.copy_and_resolve_references()
    other.optimizer.weight_decay = 0.5
    check = Check(
        "test_loss", {INIT_SCALE: 2, "optimizer.weight_decay": CONFIG.optimizer.weight_decay}, "value", 100, 0.2
    )
    (row,) = compare([check], results([0.2]), setting=other)
    assert row["verdict"] == AGREES
    (row,) = compare([check], results([0.2], config=other), setting=CONFIG)
    assert (row["verdict"], row["note"][:28]) == (NOT_COMPARED, "needs optimizer.weight_decay")


def ends(ds):
    """The last losses, over the scale."""
    return ds["test_loss"].isel(step=-1)


@pytest.mark.parametrize(
    ("check", "ours", "said"),
    [
        (at_steps("loss", {}, {2: 0.3})[0], 0.3, "loss (init scale 2)"),
        (at_steps("loss", {}, {1.5: 0.3})[0], 0.25, "loss (init scale 1.5)"),
        (dip("loss", {}, 1, 0.2)[0], 0.2, "lowest loss"),
        (dip("loss", {}, 1, 0.2)[1], 1, "init scale of the lowest loss"),
        (peak("loss", {}, 4, 0.8)[1], 4, "init scale of the highest loss"),
        (rises("loss", {}, {0.55: 3})[0], 3, "init scale where loss rises to 0.55"),
    ],
)
def test_a_check_along_another_axis_than_steps_reads_a_slice(check, ours, said):
    ds = results([1.0], scales=(1.0, 2.0, 4.0))
    ds["test_loss"][:, :, -1] = np.array([0.2, 0.3, 0.8])[:, None]
    (row,) = compare(on_slice(INIT_SCALE, ends, [check]), ds)
    assert (row["check"], row["verdict"]) == (said, AGREES)
    assert row["ours"] == pytest.approx(ours)


def test_a_slice_that_never_gets_to_a_number_differs_and_one_without_the_point_is_not_compared():
    (check,) = on_slice(INIT_SCALE, lambda ds: ends(ds) * np.inf, at_steps("place", {}, {2: 0.3}))
    assert compare([check], results([1.0]))[0]["verdict"] == DIFFERS
    (check,) = on_slice(INIT_SCALE, ends, at_steps("place", {}, {3: 0.3}))
    assert compare([check], results([1.0]))[0]["verdict"] == NOT_COMPARED


def test_a_peak_at_an_unknown_step_is_one_check_of_its_height_and_drawn_at_ours():
    (check,) = peak("test_loss", {INIT_SCALE: 1}, np.nan, 3.0)
    ds = results([3.0])
    compared = compare([check], ds)
    assert compared[0]["verdict"] == AGREES
    (ax,) = check_curves([check], compared, ds).axes
    assert (100, 3) in [tuple(point) for line in ax.lines for point in line.get_xydata()]


def test_the_picture_has_a_panel_for_each_curve_that_could_be_compared():
    checks = at_steps("test_loss", {INIT_SCALE: 1}, {100: 0.2}) + at_steps("train_loss", {INIT_SCALE: 1}, {100: 0.2})
    ds = results([0.2, 0.3])
    figure = check_curves(checks, compare(checks, ds), ds)
    assert [ax.get_ylabel() for ax in figure.axes] == ["test loss"]
    figure.draw_without_rendering()
    assert check_curves(checks[1:], compare(checks[1:], ds), ds) is None


def test_ratios_are_drawn_with_those_that_are_never_reached():
    rows = compare([Check("test_loss", {INIT_SCALE: 2}, "fall", 0.5, 50)], results([0.2, 0.9]))
    figure = ratios([{**row, "figure": "fig1"} for row in rows], "paper")
    figure.draw_without_rendering()
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == [
        "fig1  steps until test loss is 0.5 (init scale 2)"
    ]


@functools.cache
def values_of(name, field):
    """Those that a field has in the quick or the paper preset of a figure."""
    found = []
    for preset in ("quick", "paper"):
        config = preset_config(name, preset)
        axes = [axis for axis in parse_grid(config.grid) if field in axis.fields]
        section, _, key = field.rpartition(".")
        found += [] if axes else [complete(config)[section][key]]
        for axis in axes:
            place = axis.fields.index(field)
            found += [point[place] if isinstance(point, tuple) else point for point in axis.values]
    return found


def is_flag_of(name, field, value):
    """Whether the notes of a config name this flag, for a setting of the authors' code that its presets do not have."""
    notes = importlib.import_module(f"configs.{name.replace('/', '.')}").__doc__
    return f"--config.{field}={value}" in notes


def test_every_check_is_of_runs_that_a_preset_of_its_figure_or_a_flag_in_its_notes_has():
    checked = 0
    for name in all_figures():
        checks = getattr(importlib.import_module(f"experiments.{name.replace('/', '.')}"), "CHECKS", ())
        for check in checks:
            assert check.theirs > 0
            for field, value in check.runs.items():
                known = any(np.isclose(value, other, rtol=1e-4, atol=0) for other in values_of(name, field))
                assert known or is_flag_of(name, field, value), check
            if "." in check.along and check.kind != "dip":
                places = values_of(name, check.along)
                assert min(places) <= at_place(check) <= max(places), check
        checked += len(checks)
    assert checked > 100
