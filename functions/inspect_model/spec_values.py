"""The values of the spec and their origins, for the report."""

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
"""Replaces the container's environment, which may contain secrets."""


def spec_values(inspection: Inspection, instance_count: int) -> tuple[SpecValue, ...]:
    """Return the effective values, without the empty ones."""
    values = effective_values(inspection, instance_count=instance_count)
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
