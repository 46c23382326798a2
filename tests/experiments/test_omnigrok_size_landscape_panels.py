import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from experiments.omnigrok.size_landscape import shown_sizes, size_landscape
from grok_jax.errors import UserError

INIT_SCALE, SIZE = "model.init_scale", "task.size"
DIMS = (SIZE, INIT_SCALE, "seed", "step")


def results(sizes=(100, 500, 3000)):
    """Losses of 10 / N at the start that fall a hundredfold; the test loss is three times the train loss."""
    sizes = np.array(sizes)
    start = (10 / sizes)[:, None, None] * np.array([1.0, 2.0, 3.0])[None, :, None]
    loss = np.stack([start, start / 100], -1)
    variables = {"train_loss": loss, "test_loss": 3 * loss, "train_accuracy": 1 - loss, "test_accuracy": 1 - 3 * loss}
    coords = {SIZE: sizes, INIT_SCALE: [0.1, 1.0, 10.0], "seed": [0], "step": [0, 100]}
    return xr.Dataset({name: (DIMS, values) for name, values in variables.items()}, coords)


def drawn(ds, **options):
    figure = Figure(layout="constrained")
    return figure, size_landscape(figure, ds, size=SIZE, **{"size_name": "molecules N", "few": 100, **options})


def test_losses_are_on_logarithmic_scales_with_their_unit():
    figure, panels = drawn(results(), quantity="loss", unit="bohr⁶")
    assert [panels[row][1].get_yscale() for row in (0, 1)] == ["log", "log"]
    assert panels[0][1].get_ylabel() == "reduced loss [bohr⁶]"
    assert panels[0][0].get_ylabel() == "molecules N"
    assert "reduced test loss [bohr⁶]" in [ax.get_ylabel() for ax in figure.axes]


def test_equal_colors_of_both_maps_are_equal_numbers():
    _, panels = drawn(results(), quantity="loss")
    limits = [row[0].collections[0].get_clim() for row in panels]
    assert limits[0] == limits[1] == pytest.approx((10 / 3000 / 100, 9 * 10 / 100 / 100))


def test_no_two_panels_have_the_same_letter():
    figure, _ = drawn(results())
    letters = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert sorted(letters) == ["(a)", "(b)", "(c1)", "(c2)", "(c3)", "(c4)"]


def test_both_slices_have_one_scale():
    _, panels = drawn(results(), quantity="loss")
    assert panels[0][1].get_ylim() == panels[1][1].get_ylim()


def test_a_level_of_the_losses_has_a_contour_and_a_tip():
    _, panels = drawn(results(), quantity="loss", level=1e-3)
    assert panels[1][0].get_title() == "reduced test loss, contour 0.001"
    assert any(text.get_text().startswith("tip: N = ") for text in panels[1][0].texts)


def test_without_a_level_there_is_no_contour():
    _, panels = drawn(results(), quantity="loss")
    assert panels[1][0].get_title() == "reduced test loss"
    assert not panels[1][0].texts or "tip" not in panels[1][0].texts[0].get_text()


def test_the_slices_are_at_few_rows_and_at_the_most():
    _, panels = drawn(results(), few=450)
    assert [row[1].get_title() for row in panels] == ["N = 500", "N = 3,000"]
    assert shown_sizes(results(), SIZE, 100) == (0, 2)


def test_a_single_size_can_be_drawn(tmp_path):
    drawn(results((100,)), quantity="loss", level=0.01)[0].savefig(tmp_path / "figure.png")


def test_another_quantity_is_refused():
    with pytest.raises(UserError, match="one of error, loss"):
        drawn(results(), quantity="norm")
