"""Imports neural-tangents on a current JAX.

neural-tangents 0.6.5 is the last release. It imports a few names that JAX has since moved or dropped, and an
experimental module that needs TensorFlow. This module provides both while the import runs.

On current JAX `empirical_ntk_fn` works with implementation 1 (Jacobian contraction) and 2 (NTK-vector products)
only. `predict`, `linearize`, `taylor_expand` and `stax` work.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

import jax.core
import jax.extend.core
import jax.interpreters.ad

from grok_jax.errors import UserError

_INSTALL = "pip install --no-deps neural-tangents==0.6.5 frozendict"
_EXPERIMENTAL = "neural_tangents.experimental"
_MOVED = ("Jaxpr", "JaxprEqn", "Literal", "Primitive", "Var")  # from jax.core to jax.extend.core


def neural_tangents() -> ModuleType:
    """The module neural_tangents; JAX itself is left unchanged.

    Returns:
      The module, imported on the first call (0.03 s).

    Raises:
      UserError: neural-tangents is not installed.
    """
    if imported := sys.modules.get("neural_tangents"):
        return imported
    with _missing_names():
        try:
            return importlib.import_module("neural_tangents")
        except ModuleNotFoundError as error:
            if error.name not in ("neural_tangents", "frozendict"):
                raise
            raise UserError(f"{error.name} is not installed, and kernels need it: {_INSTALL}") from None


def has_neural_tangents() -> bool:
    """Whether neural-tangents is installed."""
    try:
        neural_tangents()
    except UserError:
        return False
    return True


@contextmanager
def _missing_names() -> Iterator[None]:
    """Provides the names that neural-tangents imports and JAX lacks, then removes exactly what was added."""
    values = [(jax.core, name, getattr(jax.extend.core, name)) for name in _MOVED]
    # Only a key in the tables of structured derivatives: programs no longer contain this primitive.
    values.append((jax.interpreters.ad, "zeros_like_p", jax.extend.core.Primitive("zeros_like")))
    names = [(module, name, value) for module, name, value in values if not hasattr(module, name)]

    modules = {_EXPERIMENTAL: ModuleType(_EXPERIMENTAL, "Left out: it needs TensorFlow.")}
    if "jax.util" not in sys.modules and find_spec("jax.util") is None:
        modules["jax.util"] = ModuleType("jax.util")
        vars(modules["jax.util"]).update(
            safe_map=lambda f, *xs: [f(*row) for row in zip(*xs, strict=True)],
            safe_zip=lambda *xs: list(zip(*xs, strict=True)),
        )

    for module, name, value in names:
        setattr(module, name, value)
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]
        for module, name, _ in names:
            delattr(module, name)
