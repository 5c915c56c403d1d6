"""What every mapping of deploy.yaml has in common, and how `true` and `false` stand for one."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class SpecPart(BaseModel):
    """A mapping of deploy.yaml: it cannot be changed, and a key that it does not know is wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def on_or_off(value: Any) -> Any:
    """Take `true` for a mapping of defaults, and `false` for none."""
    if value is True:
        return {}
    return None if value is False else value
