import jax
import jax.numpy as jnp
import pytest

from benchmarks import floor, grids, suite
from grok_jax.training.plan import plan_grid


def needs(module: str, changes: dict) -> floor.Needs:
    (group,) = plan_grid(grids.load_config(module, "quick", {"grid": "seed=range(2)", **changes})).groups
    return floor.needs(group)


def test_a_step_of_the_network_of_digits_multiplies_as_often_as_its_layers_say():
    # Forward, and backward for weights and inputs; nobody asks for the gradient of the pixels.
    layers = [784 * 200, 200 * 200, 200 * 10]
    expected = 2 * 200 * (3 * sum(layers) - layers[0])
    assert needs(suite.MNIST, {}).operations == expected == 175_840_000


def test_a_step_of_students_moves_weights_moments_gradients_and_activations():
    weights = 5 * 100 + 100 + 100 * 100 + 100 + 100 * 5 + 5
    activations = 100 * (100 + 100 + 5)
    found = needs(suite.TEACHER_STUDENT, {"training.probes": ()})
    assert found.bytes == 4 * (8 * weights + 100 * 5 + 2 * activations)
    assert found.held == 4 * (4 * weights + 100 * 5 + activations)


def test_products_in_a_scan_count_as_often_as_it_runs():
    def scanned(a: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda a, _: (a @ a, None), a, length=5)[0]

    assert floor.products(jax.make_jaxpr(scanned)(jnp.ones((3, 3)))) == (5 * 2 * 27, 5 * 36)


@pytest.mark.parametrize(("rates", "expected"), [((10, 100), (5, "arithmetic")), ((100, 10), (2, "memory"))])
def test_the_floor_is_set_by_what_takes_longer(rates, expected):
    assert floor.floor(floor.Needs(operations=2, bytes=5, held=1), *rates) == expected


def test_the_rates_of_the_machine_count_all_its_devices():
    product, copy = floor.product_trainer(), floor.copy_trainer(1000)
    for trainer in (product, copy):
        trainer.advance(2)
    assert floor.bytes_of_copy(1000, devices=2) == 2 * 2 * floor.LEAST_COPY
    assert floor.operations_of_product("cpu", devices=2) == 2 * 2 * 1000**3
