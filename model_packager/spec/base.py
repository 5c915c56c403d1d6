"""The base class of every mapping in deploy.yaml, and the `true`/`false` shorthand."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class SpecPart(BaseModel):
    """A mapping in deploy.yaml: immutable, and unknown keys are rejected."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def on_or_off(value: Any) -> Any:
    """Read `true` as a mapping of defaults, and `false` as None."""
    if value is True:
        return {}
    return None if value is False else value
