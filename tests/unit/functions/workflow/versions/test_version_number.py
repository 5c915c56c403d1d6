from typing import Any

import pytest

from tests.unit.functions.samples import ARTIFACTS, client_error
from workflow.aws.clients import s3
from workflow.errors import Throttled
from workflow.versions.version_number import next_number

PUT = "provide-client-params.s3.PutObject"


def test_each_model_counts_from_one(buckets: None) -> None:
    models = ["resnet", "resnet", "vgg", "resnet"]
    assert [next_number(ARTIFACTS, model) for model in models] == [1, 2, 1, 3]


def test_slower_drop_counts_again(buckets: None) -> None:
    """Another drop counts between the read and the write."""

    def interrupt(params: dict[str, Any], **_: object) -> None:
        s3().meta.events.unregister(PUT, interrupt)
        assert next_number(ARTIFACTS, "resnet") == 1

    s3().meta.events.register(PUT, interrupt)
    assert next_number(ARTIFACTS, "resnet") == 2


def test_endless_race_is_retried_later(buckets: None) -> None:
    def lose(params: dict[str, Any], **_: object) -> None:
        raise client_error("PreconditionFailed", "At least one of the pre-conditions failed")

    s3().meta.events.register(PUT, lose)
    try:
        with pytest.raises(Throttled, match="resnet"):
            next_number(ARTIFACTS, "resnet")
    finally:
        s3().meta.events.unregister(PUT, lose)
