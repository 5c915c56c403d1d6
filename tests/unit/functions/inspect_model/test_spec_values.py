from __future__ import annotations

import io

from inspect_model.spec_values import HIDDEN, LENGTH_LIMIT, spec_values
from model_packager.formats.registry import format_of
from model_packager.inspection import inspect_model
from workflow.contracts.deploy_model import SpecValue

SPEC = f"""
max_batch_size: 4
container: {{environment: {{SETTING: hunter2}}}}
tags: {{team: {"x" * 250}}}
"""


def found(traced_model: bytes) -> dict[str, SpecValue]:
    inspection = inspect_model(
        io.BytesIO(traced_model),
        "resnet",
        spec=SPEC,
        labels=None,
        instance_type="ml.m5.large",
        release="26.05",
        model_format=format_of("resnet/model.pt"),
    )
    return {each.key: each for each in spec_values(inspection, 3)}


def test_every_value_has_a_source(traced_model: bytes) -> None:
    values = found(traced_model)
    assert (values["max_batch_size"].value, values["max_batch_size"].origin) == (
        "4",
        "next to the file",
    )
    assert values["endpoint.instance_count"].value == "3"
    assert values["endpoint.instance_count"].origin == "template default"
    assert values["outputs"].origin == "the model: dtypes and dims are assumed"
    assert values["endpoint.instance_type"].value == "ml.m5.large"


def test_empty_parts_are_omitted(traced_model: bytes) -> None:
    assert not {"autoscaling", "smoke_test.max_p95_ms"} & found(traced_model).keys()


def test_environment_of_the_container_is_not_shown(traced_model: bytes) -> None:
    values = found(traced_model)
    assert values["container.environment.SETTING"].value == HIDDEN
    assert "hunter2" not in str(values)


def test_long_values_are_cut(traced_model: bytes) -> None:
    assert len(found(traced_model)["tags.team"].value) == LENGTH_LIMIT
