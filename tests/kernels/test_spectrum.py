import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.kernels import kernel_spectrum


@pytest.fixture(scope="module")
def kernel():
    features = np.random.default_rng(0).normal(size=(7, 5))
    return features @ features.T  # of rank 5


def test_leading_eigenvalues_share_and_rank_are_those_of_numpys_eigenvalues(kernel):
    found = jax.jit(kernel_spectrum, static_argnums=1)(jnp.asarray(kernel, jnp.float32), 3)
    values = np.linalg.eigvalsh(kernel)[::-1]
    shares = values[:5] / np.trace(kernel)
    np.testing.assert_allclose(found.leading, values[:3], rtol=1e-4)
    assert float(found.leading_share) == pytest.approx(shares[0], rel=1e-4)
    assert float(found.effective_rank) == pytest.approx(np.exp(-shares @ np.log(shares)), rel=1e-4)


def test_rows_out_of_use_are_as_if_they_were_not_there(kernel):
    used = np.array([True, False, True, True, False, True, False])
    found = kernel_spectrum(jnp.asarray(kernel, jnp.float32), 6, jnp.asarray(used))
    alone = kernel_spectrum(jnp.asarray(kernel[np.ix_(used, used)], jnp.float32), 6)
    for one, two in zip(found, alone, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.leading[4:], 0, atol=1e-4)


@pytest.mark.parametrize(("values", "rank"), [([1, 1, 1, 1], 4), ([3, 0, 0], 1)])
def test_the_effective_rank_counts_equal_eigenvalues(values, rank):
    assert float(kernel_spectrum(jnp.diag(jnp.array(values, jnp.float32)), 1).effective_rank) == pytest.approx(rank)


def test_a_kernel_that_is_not_finite_has_no_rank():
    assert np.isnan(kernel_spectrum(jnp.full((3, 3), jnp.nan), 2).effective_rank)
