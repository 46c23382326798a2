"""Tables that describe parts and their fields."""

from collections.abc import Mapping
from typing import Any

import flax.linen as nn

from grok_jax.fields import Field, declared_fields
from grok_jax.parts import Part, schema_of


def describe(part: Any) -> list[dict[str, Any]]:
    """One row for each field of a part, a Part class, a flax module or its class, or a function with fields."""
    if isinstance(part, Part):
        return rows_of(part.shown())
    if isinstance(part, type) and issubclass(part, Part):
        return rows_of(declared_fields(part))
    return rows_of(schema_of(type(part) if isinstance(part, nn.Module) else part))


def rows_of(fields: Mapping[str, Field]) -> list[dict[str, Any]]:
    """One row for each field, as in describe."""
    return [
        {
            "field": name,
            "kind": field.kind,
            "default": field.default,
            "allowed": "must be given" if field.required else field.limits,
            "meaning": field.help,
        }
        for name, field in fields.items()
    ]
