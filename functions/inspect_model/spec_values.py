"""Every value of the spec, and where it is from, for the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from model_packager.value_origins import effective_values
from workflow.contracts.deploy_model import SpecValue

if TYPE_CHECKING:
    from model_packager.inspection import Inspection
    from model_packager.value_origins import EffectiveValue

LENGTH_LIMIT = 200
HIDDEN = "not shown"
"""In place of the container's environment, which may hold what no page should."""


def spec_values(found: Inspection, instance_count: int) -> tuple[SpecValue, ...]:
    """Give what somebody or something said; a value that was left open says nothing."""
    values = effective_values(found, instance_count=instance_count)
    return tuple(_spec_value(each) for each in values if each.value not in (None, {}, []))


def _spec_value(value: EffectiveValue) -> SpecValue:
    return SpecValue(
        key=value.key,
        value=_text(value),
        origin=f"{value.origin}: {value.note}" if value.note else value.origin,
    )


def _text(value: EffectiveValue) -> str:
    if value.key.startswith("container.environment."):
        return HIDDEN
    text = value.value if isinstance(value.value, str) else json.dumps(value.value)
    return text if len(text) <= LENGTH_LIMIT else text[: LENGTH_LIMIT - 1] + "…"
