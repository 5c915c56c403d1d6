from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from model_packager.names.endpoint import resource_name
from tests.unit.functions.samples import (
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    LATER,
    OLDER,
    OTHER_EXECUTION,
    VERSION,
    client_error,
)
from workflow.aws.clients import sagemaker
from workflow.versions.ownership import (
    ConfigTags,
    config_only_tags,
    config_tags,
    last_verified,
    mark_verified,
    remember_previous,
    tags,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OLDER_CONFIG, LATER_CONFIG = resource_name(ENDPOINT, OLDER), resource_name(ENDPOINT, LATER)


@contextmanager
def throttled(operation: str) -> Iterator[None]:
    """Throttle a SageMaker operation during a `with` block."""

    def refuse(**_: object) -> None:
        raise client_error("ThrottlingException", "Rate exceeded", operation)

    events = sagemaker().meta.events
    events.register(f"before-call.sagemaker.{operation}", refuse)
    yield
    events.unregister(f"before-call.sagemaker.{operation}", refuse)


def test_tags_name_model_version_and_execution() -> None:
    assert {tag["Key"]: tag["Value"] for tag in tags(DEPLOYMENT)} == {
        "modeldrop:model": "resnet",
        "modeldrop:version": VERSION,
        "modeldrop:execution": EXECUTION,
    }


def test_previous_config_is_remembered(create_config: Callable[[str], None]) -> None:
    create_config(CONFIG)
    assert config_tags(CONFIG) == ConfigTags(None, None, verified=False)
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    assert config_tags(CONFIG) == ConfigTags(EXECUTION, OLDER_CONFIG, verified=False)


def test_config_is_verified_until_it_is_under_test_again(
    create_config: Callable[[str], None],
) -> None:
    create_config(CONFIG)
    remember_previous(CONFIG, None, EXECUTION)
    mark_verified(CONFIG)
    assert config_tags(CONFIG) == ConfigTags(EXECUTION, None, verified=True)
    remember_previous(CONFIG, OLDER_CONFIG, OTHER_EXECUTION)
    assert config_tags(CONFIG) == ConfigTags(OTHER_EXECUTION, OLDER_CONFIG, verified=False)


def test_config_has_tags_for_the_content_and_the_sequencer_of_its_drop(
    create_config: Callable[[str], None],
) -> None:
    create_config(CONFIG)
    arn = sagemaker().describe_endpoint_config(EndpointConfigName=CONFIG)["EndpointConfigArn"]
    deployment = DEPLOYMENT.model_copy(update={"content": "3f9a1c2b", "sequencer": "0055AED6"})
    sagemaker().add_tags(ResourceArn=arn, Tags=config_only_tags(deployment))
    found = config_tags(CONFIG)
    assert found is not None
    assert (found.content, found.sequencer) == ("3f9a1c2b", "0055AED6")


def test_config_that_is_gone_has_no_tags(aws: None) -> None:
    assert config_tags(CONFIG) is None


def test_tags_that_cannot_be_read_are_not_missing(create_config: Callable[[str], None]) -> None:
    create_config(CONFIG)
    with throttled("ListTags"), pytest.raises(ClientError, match="Rate exceeded"):
        config_tags(CONFIG)


def test_last_verified_passes_over_what_has_not_passed(
    create_config: Callable[[str], None],
) -> None:
    for config in (OLDER_CONFIG, CONFIG, LATER_CONFIG):
        create_config(config)
    remember_previous(LATER_CONFIG, CONFIG, EXECUTION)
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    assert last_verified(LATER_CONFIG) is None
    mark_verified(OLDER_CONFIG)
    assert last_verified(LATER_CONFIG) == OLDER_CONFIG
    mark_verified(LATER_CONFIG)
    assert last_verified(LATER_CONFIG) == LATER_CONFIG


def test_two_that_replaced_each_other_end_the_search(create_config: Callable[[str], None]) -> None:
    create_config(CONFIG)
    create_config(OLDER_CONFIG)
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    remember_previous(OLDER_CONFIG, CONFIG, EXECUTION)
    assert last_verified(CONFIG) is None


def test_what_was_replaced_earlier_is_forgotten(create_config: Callable[..., None]) -> None:
    create_config(CONFIG)
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    remember_previous(CONFIG, None, OTHER_EXECUTION)
    assert config_tags(CONFIG) == ConfigTags(OTHER_EXECUTION, None, verified=False)


def test_note_that_fails_half_way_has_lost_nothing(create_config: Callable[..., None]) -> None:
    create_config(CONFIG)
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    mark_verified(CONFIG)
    with throttled("DeleteTags"), pytest.raises(ClientError, match="Rate exceeded"):
        remember_previous(CONFIG, None, OTHER_EXECUTION)
    assert last_verified(CONFIG) == CONFIG
    assert config_tags(CONFIG) == ConfigTags(OTHER_EXECUTION, OLDER_CONFIG, verified=True)


def test_config_under_test_is_not_its_own_rollback_target(
    create_config: Callable[..., None],
) -> None:
    """The version was live before one that never passed its test, and is restored."""
    for config in (OLDER_CONFIG, CONFIG, LATER_CONFIG):
        create_config(config)
    mark_verified(OLDER_CONFIG)
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    mark_verified(CONFIG)
    remember_previous(LATER_CONFIG, CONFIG, OTHER_EXECUTION)
    assert last_verified(LATER_CONFIG) == CONFIG
    assert last_verified(LATER_CONFIG, except_for=CONFIG) == OLDER_CONFIG
