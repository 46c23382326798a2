"""Every task with every model and every probe: they fit, or are refused in one line."""

import itertools

import pytest

import grok_jax
from grok_jax import UserError, check
from grok_jax.models import MODELS
from grok_jax.tasks import TASKS
from grok_jax.training.metrics import METRICS

SMALL = {
    "imdb": {"source": "csv", "file": "reviews.csv", "length": 6, "words": 9, "size": 30},
    "mnist": {"train_size": 20},
    "modular_arithmetic": {"p": 11},
    "circuit_logits": {"p": 11},
}
ENCODINGS = [(name, code) for name in ("modular_arithmetic", "toy_addition") for code in ("one_hot", "tokens")]
ALL = [(name, {}) for name in TASKS if name not in dict(ENCODINGS)] + [(n, {"encoding": c}) for n, c in ENCODINGS]


@pytest.fixture
def reviews(tmp_path, monkeypatch):
    """A folder with 40 reviews."""
    texts = [" ".join("xyz"[i // 3**k % 3] * (1 + k // 2) for k in range(5 + i % 9)) for i in range(40)]
    rows = "".join(f"{text},{i % 2}\n" for i, text in enumerate(texts))
    (tmp_path / "reviews.csv").write_text(f"text,label\n{rows}")
    monkeypatch.setenv("GROK_JAX_DATA", str(tmp_path))
    monkeypatch.setenv("GROK_JAX_CACHE", str(tmp_path / "cache"))


def said_of(config):
    """What check says of a config; None where it accepts it."""
    try:
        check(config)
    except UserError as error:
        return str(error)
    return None


@pytest.mark.slow
@pytest.mark.usefixtures("reviews")
@pytest.mark.parametrize(("chosen", "model_name"), [*itertools.product(ALL, MODELS)], ids=str)
def test_every_task_model_and_probe_fit_or_are_refused_in_one_line(chosen, model_name):
    name, fields = chosen
    config = grok_jax.default_config(name, model_name).to_dict()
    config["task"] |= SMALL.get(name, {}) | fields
    said = [said_of(config)]
    if said == [None]:
        said = [said_of({**config, "training": {**config["training"], "probes": (probe,)}}) for probe in METRICS]
    # One line of a refusal, not of a fault that was caught.
    assert [line for line in said if line and ("\n" in line or " fails with " in line)] == []
