import io
from collections.abc import Callable
from typing import Any

import pytest
import torch

from model_packager.inspection import inspect_model
from model_packager.sagemaker.triton_image import newest_release
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.value_origins import EffectiveValue, Origin, effective_values
from tests.unit.model_packager.conftest import Save

jit: Any = torch.jit  # its functions are untyped
Values = Callable[..., dict[str, EffectiveValue]]


@pytest.fixture
def values(save: Save) -> Values:
    def of(
        separate: str | None = None, inside: str | None = None, example: torch.Tensor | None = None
    ) -> dict[str, EffectiveValue]:
        module = torch.nn.Linear(3, 2).eval()
        example = torch.rand(1, 3) if example is None else example
        traced = jit.trace(module, example, check_trace=False)
        extra = {} if inside is None else {"deploy_yaml": inside}
        file = io.BytesIO(save(traced, **extra).getvalue())
        found = inspect_model(
            file,
            "m",
            spec=separate,
            labels=None,
            release=newest_release(),
            instance_type="ml.m5.large",
        )
        return {each.key: each for each in effective_values(found, instance_count=1)}

    return of


def test_every_value_has_an_origin(values: Values) -> None:
    found = values(
        separate="endpoint:\n  instance_count: 2\ncontainer: {environment: {A: b}}\n",
        inside="smoke_test: {requests: 3}\nendpoint: {instance_count: 9}\n",
    )
    count = found["endpoint.instance_count"]
    assert (count.value, count.origin, count.line, count.column) == (2, Origin.NEXT_TO, 2, 19)
    requests = found["smoke_test.requests"]
    assert (requests.value, requests.origin, requests.line) == (3, Origin.INSIDE, 1)
    assert found["container.environment.A"].origin is Origin.NEXT_TO
    assert found["smoke_test.rtol"] == EffectiveValue("smoke_test.rtol", 0.001, Origin.BUILT_IN)
    kind = found["endpoint.instance_type"]
    assert (kind.value, kind.origin) == ("ml.m5.large", Origin.TEMPLATE)


def test_model_is_the_origin_of_values_missing_in_the_spec(values: Values) -> None:
    found = values()
    assert found["inputs"].origin is found["outputs"].origin is Origin.MODEL
    assert found["inputs"].value[0]["dims"] == [3]
    assert found["outputs"].note == "dtypes and dims are assumed"
    batch = found["max_batch_size"]
    assert (batch.value, batch.origin) == (8, Origin.BUILT_IN)
    no_batch = values(example=torch.rand(4, 3))["max_batch_size"]
    assert (no_batch.value, no_batch.origin) == (0, Origin.MODEL)


@pytest.mark.parametrize(
    ("text", "key", "value", "origin"),
    [
        ("dynamic_batching: true", "max_queue_delay_microseconds", 100, Origin.NEXT_TO),
        (
            "dynamic_batching: {preferred_batch_sizes: [4]}",
            "max_queue_delay_microseconds",
            100,
            Origin.BUILT_IN,
        ),
        ("model_warmup: false", "batch_sizes", [], Origin.NEXT_TO),
        ("", "batch_sizes", [1], Origin.BUILT_IN),
    ],
)
def test_switch_describes_the_values_below_it(
    values: Values, text: str, key: str, value: object, origin: Origin
) -> None:
    section = "dynamic_batching" if "dynamic" in text else "model_warmup"
    found = values(separate=text)[f"{section}.{key}"]
    assert (found.value, found.origin) == (value, origin)


def test_every_key_of_the_spec_is_there(values: Values) -> None:
    sections = {key.split(".")[0] for key in values()}
    assert sections == set(DeploySpec.model_fields)
