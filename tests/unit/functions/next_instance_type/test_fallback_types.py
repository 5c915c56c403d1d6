from __future__ import annotations

import pytest

from model_packager.spec.hosting_spec import Endpoint
from next_instance_type.fallback_types import next_instance_type
from workflow.errors import EndpointFailed

G4, G5, G6 = "ml.g4dn.xlarge", "ml.g5.xlarge", "ml.g6.xlarge"


@pytest.mark.parametrize(
    ("fallbacks", "tried", "following"),
    [
        ((G5,), G4, G5),
        ((G5, G6), G4, G5),
        ((G5, G6), G5, G6),
        ((G4, G5), G4, G5),  # the stack's default type is the first fallback type
    ],
)
def test_next_instance_type(fallbacks: tuple[str, ...], tried: str, following: str) -> None:
    assert next_instance_type(Endpoint(fallback_instance_types=fallbacks), tried) == following


@pytest.mark.parametrize(
    ("fallbacks", "tried", "cause"),
    [
        ((), G4, f"AWS has no capacity for {G4}."),
        (
            (G5,),
            G5,
            f"for {G5}, the last of the instance types that deploy.yaml allows",
        ),
        ((G5, G6), G6, f"no capacity for {G6}, the last of"),
    ],
)
def test_last_fallback_type(fallbacks: tuple[str, ...], tried: str, cause: str) -> None:
    with pytest.raises(EndpointFailed) as failed:
        next_instance_type(Endpoint(fallback_instance_types=fallbacks), tried)
    assert cause in failed.value.cause
    assert "endpoint.fallback_instance_types" in failed.value.fix


def test_every_fallback_type_is_tried_once() -> None:
    endpoint, tried = Endpoint(instance_type=G4, fallback_instance_types=(G5, G6)), [G4]
    while tried[-1] != G6:
        tried.append(next_instance_type(endpoint, tried[-1]))
    assert tried == [G4, G5, G6]
