"""Probes of a network that adds modulo p: its embedding and logits in the Fourier basis, and its norm by module.

Any function of a number n in 0 .. p - 1 is a sum of cos(w_k n) and sin(w_k n), w_k = 2πk / p, k = 0 .. ⌊p/2⌋. A
network that generalizes uses only a few of them, its key frequencies.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float, Int
from ml_collections import ConfigDict

from grok_jax.errors import require
from grok_jax.training import Probed, Run, metric, observe
from grok_jax.training.losses import require_outputs_alone
from grok_jax.training.plan import plan_grid
from grok_jax.training.records import labels

KEY_FREQUENCIES = 5  # the number that the network of Nanda et al. uses
OPERATIONS = ("add", "subtract")  # operations that turn cos(w_k a) and cos(w_k b) into cos(w_k c)
MODELS = ("transformer", "mlp")  # models with an embedding of a and b
# Part of a parameter's path in a transformer -> the module it counts toward; a norm counts toward the next module.
MODULES = {
    "token_embedding": "embedding",
    "position_embedding": "embedding",
    "attention": "attention",
    "attention_norm": "attention",
    "mlp": "mlp",
    "mlp_norm": "mlp",
    "norm": "unembedding",
    "unembedding": "unembedding",
}


class Progress(NamedTuple):
    """Loss with only the key frequencies, loss without them, and the power of each frequency in the logits."""

    restricted_loss: Float[Array, ""]
    excluded_loss: Float[Array, ""]
    power: Float[Array, " frequencies"]  # for k = 1 .. ⌊p/2⌋, sums to 1


def fourier_basis(p: int) -> Float[np.ndarray, "p p"]:
    """An orthonormal basis of functions modulo p, one per row: 1, cos(w_1 n), sin(w_1 n), cos(w_2 n), ...

    For even p the last row is (-1)ⁿ, which has no sine partner.
    """
    n = np.arange(p)
    waves = [np.ones(p)]
    for k in range(1, p // 2 + 1):
        waves += [np.cos(2 * np.pi * k * n / p), np.sin(2 * np.pi * k * n / p)]
    rows = np.array(waves[:p])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def frequency_power(coefficients: Float[Array, "p features"]) -> Float[Array, " frequencies"]:
    """Power of each frequency k = 1 .. ⌊p/2⌋: squared cos and sin coefficients summed over features; sums to 1."""
    p = coefficients.shape[0]
    rows = jnp.sum(coefficients**2, axis=1)[1:]
    power = jnp.zeros(p // 2).at[jnp.arange(p - 1) // 2].add(rows)
    return power / jnp.sum(power)


def embedding_power(embedding: Float[Array, "p features"]) -> Float[Array, " frequencies"]:
    """The share of each frequency k = 1 .. ⌊p/2⌋ in an embedding of the p numbers."""
    return frequency_power(jnp.asarray(fourier_basis(embedding.shape[0]), jnp.float32) @ embedding)


def gini(sizes: Float[Array, " n"]) -> Float[Array, ""]:
    """The Gini coefficient of sizes >= 0: 0 if all are equal, 1 - 1/n if all but one are 0.

    G = Σ_i (2i - n - 1) x_i / (n Σ_i x_i),  x_1 <= x_2 <= ...

    Reference: Hurley and Rickard (2009), Comparing measures of sparsity.
    """
    n = sizes.shape[0]
    return (2 * jnp.arange(1, n + 1) - n - 1) @ jnp.sort(sizes) / (n * jnp.sum(sizes))


def progress(probed: Probed) -> Progress:
    """The progress measures of Nanda et al., with the current key frequencies of the network.

    The logits of all pairs are functions of a and b. Their part along cos(w_k c) and sin(w_k c), c = a ± b, follows
    from their mean over the pairs of each c. The key frequencies are the KEY_FREQUENCIES ones with the largest power in
    this part, after subtracting the mean over outputs, which changes no probability. The restricted loss, over all
    pairs, uses only the key frequencies and the constant. The excluded loss, over the training pairs, uses the logits
    without the key frequencies.

    The paper uses the key frequencies at the end of training, which are not yet known at a record. Once the key
    frequencies of the logits stop changing, there is no difference.

    Reference: Nanda et al. (2023), Progress measures for grokking via mechanistic interpretability, Sec. 5.1.
    """
    task = probed.task
    p, pairs = task.p, task.load()
    shown = task.present(pairs).inputs
    logits = jax.lax.map(lambda inputs: _logits(probed, inputs), shown.reshape(p, p, *shown.shape[1:]))
    means = jnp.zeros((p, logits.shape[-1])).at[pairs.targets].add(logits.reshape(p * p, -1)) / p
    basis = jnp.asarray(fourier_basis(p), jnp.float32)
    coefficients = basis @ means
    power = frequency_power(coefficients - jnp.mean(coefficients, axis=1, keepdims=True))
    kept = _rows_of(jax.lax.top_k(power, KEY_FREQUENCIES)[1] + 1, p)
    along = basis.T @ jnp.where(kept[:, None], coefficients, 0)
    constant = jnp.mean(means, axis=0, keepdims=True)
    loss = probed.loss.fn
    restricted = loss(along + constant, jnp.arange(p))
    excluded = loss(probed.train_outputs - along[probed.train.targets], probed.train.targets)
    return Progress(jnp.mean(restricted), probed.train_weights @ excluded, power)


def _logits(probed: Probed, inputs: Array) -> Float[Array, "rows outputs"]:
    """The network's outputs as the loss sees them."""
    now = probed.network(probed.params, inputs)
    return now - probed.network(probed.initial_params, inputs) if probed.model.centered else now


def _rows_of(frequencies: Int[Array, " keys"], p: int) -> Bool[Array, " p"]:
    """Which rows of the Fourier basis have any of these frequencies."""
    rows = (jnp.arange(p) + 1) // 2
    return jnp.any(rows[:, None] == frequencies[None, :], axis=1)


def number_embedding(params: Any, task: Any, model: Any) -> Float[Array, "p features"]:
    """The first layer's vector for each number: its token embedding, or its concatenated weights as a and as b."""
    if model.name == "transformer":
        (table,) = jax.tree.leaves(params["token_embedding"])
        return table[: task.p]
    kernel = params["layer_0"]["kernel"]
    return jnp.concatenate([kernel[: task.p], kernel[task.p :]], axis=1)


def measure_fourier(probed: Probed) -> dict[str, Float[Array, ""]]:
    """The sparsity of the embedding in frequencies, the progress measures, and the key frequencies of the logits."""
    power = embedding_power(number_embedding(probed.params, probed.task, probed.model))
    found = progress(probed)
    keys = jnp.sort(jax.lax.top_k(found.power, KEY_FREQUENCIES)[1]) + 1
    return {
        "embedding_gini": gini(jnp.sqrt(power)),
        "embedding_key_power": jnp.sum(jax.lax.top_k(power, KEY_FREQUENCIES)[0]),
        "logit_key_power": jnp.sum(jax.lax.top_k(found.power, KEY_FREQUENCIES)[0]),
        "restricted_loss": found.restricted_loss,
        "excluded_loss": found.excluded_loss,
        **{f"key_frequency_{i + 1}": keys[i].astype(jnp.float32) for i in range(KEY_FREQUENCIES)},
    }


def require_fourier(run: Any) -> None:
    """Raises UserError unless the run adds or subtracts modulo p with a network that embeds numbers."""
    task, model = run.task, run.model
    require(
        task.name == "modular_arithmetic" and task.operation in OPERATIONS,
        f"probe 'fourier' needs task.name='modular_arithmetic' with task.operation {' or '.join(OPERATIONS)}",
    )
    require(
        task.p >= 2 * KEY_FREQUENCIES,
        f"task.p is {task.p}; probe 'fourier' looks for {KEY_FREQUENCIES} frequencies and needs "
        f"{2 * KEY_FREQUENCIES} or more",
    )
    require(
        model.name in MODELS and not model.linearized,
        f"probe 'fourier' needs model.name {' or '.join(MODELS)} with model.linearized=False",
    )
    require_outputs_alone(run)


def measure_modules(probed: Probed) -> dict[str, Float[Array, ""]]:
    """The norm of each part of a transformer, over all blocks."""
    squares = {f"{module}_norm": jnp.float32(0) for module in dict.fromkeys(MODULES.values())}
    for path, weights in jax.tree.leaves_with_path(probed.params):
        module = next(MODULES[part.key] for part in path if part.key in MODULES)
        squares[f"{module}_norm"] += jnp.sum(weights**2)
    return {name: jnp.sqrt(square) for name, square in squares.items()}


def require_transformer(run: Any) -> None:
    """Raises UserError unless the model is a transformer."""
    name = run.model.name
    require(name == "transformer", f"probe 'modules' needs model.name='transformer'; it is {name!r}")


def embedding_spectrum(
    run: Run | ConfigDict | Mapping[str, Any],
    grid: str | Mapping[Any, Any] | None = None,
    *,
    step: int = 0,
    kept: Any = None,
) -> xr.Dataset:
    """The Fourier spectra of every run of a grid: of its embedding of the p numbers, and of its logits.

    Args:
      run, grid: as for sweep.
      step: number of optimizer steps.
      kept: weights that a sweep kept at that step, so that no training is needed; None trains up to the step.

    Returns:
      A Dataset along "run", with the value of each grid axis as a coordinate, and "frequency", 1 .. ⌊p/2⌋:
      embedding_power and logit_power, the shares of the frequencies (for logits see progress). NaN beyond ⌊p/2⌋.

    Raises:
      UserError: the config or grid is invalid, the step is negative, the weights belong to other runs, or the task or
        model has no such spectra.
    """
    for group in plan_grid(run, grid).groups:
        require_fourier(group.form.bare)
    runs, settings = [], []
    for setting, powers in observe(_read, run, grid, step=step, kept=kept):
        variables = {name: ("frequency", power) for name, power in powers.items()}
        frequencies = np.arange(1, len(powers["logit_power"]) + 1)
        runs.append(xr.Dataset(variables, {"frequency": frequencies}))
        settings.append(setting)
    coordinates = {name: ("run", labels([setting[name] for setting in settings])) for name in settings[0]}
    return xr.concat(runs, "run", join="outer").assign_coords(coordinates)


def _read(probed: Probed) -> dict[str, Float[Array, " frequencies"]]:
    embedding = number_embedding(probed.params, probed.task, probed.model)
    return {"embedding_power": embedding_power(embedding), "logit_power": progress(probed).power}


fourier = metric(
    measure_fourier,
    variables={
        "embedding_gini": "Gini coefficient of the norms of the embedding's frequencies",
        "embedding_key_power": f"power of the {KEY_FREQUENCIES} largest frequencies of the embedding",
        "logit_key_power": f"power of the {KEY_FREQUENCIES} largest frequencies of the logits",
        "restricted_loss": "loss over all pairs of the logits' key frequencies and constant alone",
        "excluded_loss": "loss on the training rows of the logits without their key frequencies",
        **{
            f"key_frequency_{i + 1}": "one of the largest frequencies of the logits, in order"
            for i in range(KEY_FREQUENCIES)
        },
    },
    needs=require_fourier,
)
modules = metric(
    measure_modules,
    variables={
        "embedding_norm": "Euclidean norm of the embeddings of tokens and positions",
        "attention_norm": "Euclidean norm of the parameters of attention",
        "mlp_norm": "Euclidean norm of the parameters of the feed-forward layers",
        "unembedding_norm": "Euclidean norm of the unembedding",
    },
    needs=require_transformer,
)
