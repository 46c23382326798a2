"""Whatever is given, what is wrong with it is said in one line."""

import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

from grok_jax import UserError, check
from grok_jax.errors import LONGEST_LINE, written

GIVEN = {
    "a field in two lines": ({"execution": {"a\nb": 1}}, None, r"execution has no field 'a\nb'"),
    "a part in two lines": ({"a\u2028b": 1}, None, r"config has no 'a\u2028b'"),
    "an array for a section": ({"training": np.ones((2, 2))}, None, "training is array([[1., 1.], [1., 1.]])"),
    "a whole number that Python does not write": ({"seed": 10**5000}, None, "seed is a value of type int"),
    "a grid that Python does not write": ({"grid": 10**5000}, None, "the grid is a value of type int"),
    "a name that is not a word": ({"model": {"name": 1.5}}, None, "model.name is 1.5"),
    "names that are not strings": (ConfigDict({"seed": 0, 1.5: 2}), None, "names that are not strings"),
    "a long word": ({"training": {"loss": "x" * 5000}}, None, "...; it must be one of mse"),
    "a long field": ({"training": {"x" * 5000: 1}}, None, "...; it has loss"),
    "a long axis": ({}, {"x" * 5000: [1]}, "... is not a field"),
    "long text": ({}, "x" * 5000, "... has no '='"),
    "a dict for an axis": ({}, {"seed": {1: 2}}, "grid axis 'seed' is {1: 2}"),
    "bytes for an axis": ({}, {"seed": b"12"}, "grid axis 'seed' is b'12'"),
    "very many runs": ({}, "seed=range(250000)", "at most 100,000 runs"),
}


def refusal(config, grid=None):
    with pytest.raises(UserError) as raised:
        check(config, grid)
    return str(raised.value)


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_what_is_given_is_written_in_one_line(given):
    config, grid, words = given
    said = refusal(config, grid)
    assert words in said
    assert said.splitlines() == [said]
    assert len(said) < 500


@pytest.mark.parametrize("make", [np.int64, np.array, jnp.int32])
def test_one_number_is_not_an_axis(make):
    assert "it must be a sequence of values" in refusal({}, {"seed": make(1)})


def test_an_error_is_one_line_whatever_its_message():
    assert str(UserError("one\n\n  two\u2028three\r")) == "one two three"


def test_an_error_keeps_the_ends_of_a_long_message():
    said = str(UserError("begin" + "x" * 10**6 + "end"))
    assert said.startswith("begin")
    assert said.endswith("end")
    assert len(said) < LONGEST_LINE + 10


def test_a_value_whose_own_words_fail_is_written_by_its_type():
    class Shy:
        def __repr__(self):
            raise RuntimeError

    assert written(Shy()) == "a value of type Shy that cannot be written"
