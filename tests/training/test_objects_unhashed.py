"""Functions and values of anybody's that have no hash, or only seem to have one."""

import dataclasses
import gc
import weakref
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import pytest

import grok_jax as gj


@dataclasses.dataclass(frozen=True)
class Weighted:
    """A loss with an array inside: it has __hash__, which raises."""

    weights: Any

    def __call__(self, outputs, targets):
        return ((outputs - targets) ** 2 * self.weights).sum(-1)


@dataclasses.dataclass
class Plain:
    """A loss without __hash__."""

    scale: float

    def __call__(self, outputs, targets):
        return self.scale * ((outputs - targets) ** 2).sum(-1)


class Gain(nn.Module):
    gain: float = 2.0

    @nn.compact
    def __call__(self, x):
        return self.gain * nn.Dense(1)(x)


class Shaped(gj.Task):
    shape: tuple = gj.static((1, 2), one_of=((1, 2), (3, 4)))


@pytest.mark.parametrize("function", [Weighted(jnp.ones(1)), Plain(2.0)])
def test_a_function_without_a_hash_is_a_loss(function):
    assert jax.tree.structure(gj.loss(function)) == jax.tree.structure(gj.loss(function))
    assert [row["field"] for row in gj.describe(function)] == ["outputs", "targets"]


def test_a_loss_that_is_given_up_frees_what_it_closes_over():
    def make():
        data = Weighted(0.0)
        return weakref.ref(data), gj.loss(lambda outputs, targets: data(outputs, targets))

    held, loss = make()
    assert held() is not None
    del loss
    gc.collect()
    assert held() is None


def test_models_whose_fields_are_of_other_kinds_are_other_programs():
    one, other = gj.model(Gain), gj.model(Gain, static=("gain",))
    assert jax.tree.structure(one) != jax.tree.structure(other)


def test_an_array_is_no_value_of_a_static_field():
    torch_like = type("Tensor", (), {"ndim": 1, "tolist": lambda self: [1.0]})()
    with pytest.raises(gj.UserError, match=r"model.gain is .*; it must be a number or None"):
        gj.model(Gain, gain=torch_like)
    with pytest.raises(gj.UserError, match=r"model.gain is .*; a static field must be hashable"):
        gj.model(Gain, static=("gain",), gain=torch_like)


def test_a_tuple_may_be_one_of_several():
    assert Shaped(shape=(3, 4)).shape == (3, 4)
    with pytest.raises(gj.UserError, match=r"task.shape is \(5, 6\); it must be one of \(1, 2\), \(3, 4\)"):
        Shaped(shape=(5, 6))
