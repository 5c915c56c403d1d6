import re
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model_packager.aws_limits import SAGEMAKER_NAME
from model_packager.names.artifact import artifact_prefix
from model_packager.names.endpoint import (
    ENDPOINT_LIMIT,
    POOL_NAME_LIMIT,
    endpoint_name,
    is_shadow_config,
    pool_endpoint_name,
    resource_name,
    shadow_config_name,
    staging_endpoint_name,
    version_in,
)
from model_packager.names.version import version_of
from tests.unit.model_packager.names.drops import (
    MODELS,
    PREFIXES,
    SEQUENCERS,
    TIMES,
    VERSION,
)

# The constraint of every SageMaker name (CreateModel, CreateEndpoint API reference), and the
# AllowedPattern of the template's EndpointPrefix.
NAME = re.compile(rf"[a-zA-Z0-9](-*[a-zA-Z0-9]){{0,{SAGEMAKER_NAME.value - 1}}}")


def test_usual_names_are_unchanged() -> None:
    assert endpoint_name("modeldrop", "resnet") == "modeldrop-resnet"
    assert resource_name("modeldrop-resnet", VERSION) == f"modeldrop-resnet-{VERSION}"
    assert artifact_prefix("resnet", VERSION) == f"resnet/{VERSION}/"


@pytest.mark.parametrize(
    "twins",
    [
        ("a.b", "a-b"),
        ("a_b", "a.b"),
        ("a", "a-"),
        ("x" * 60, "x" * 61),
        ("a--b", "a-b"),
        ("A", "a"),
        ("ResNet", "RESNET"),
        ("resnet.-__..-__._--.._v2", "ResNet.V2"),  # the same first 24 bits of the hash
    ],
)
def test_names_that_would_be_one_are_kept_apart(twins: tuple[str, str]) -> None:
    first, second = (endpoint_name("modeldrop", name) for name in twins)
    assert first != second


def test_changed_name_can_still_be_read() -> None:
    assert re.fullmatch(
        r"modeldrop-resnet-50-v1-[0-9a-f]{14}", endpoint_name("modeldrop", "ResNet_50_v1.5")
    )


def test_names_that_look_derived_do_not_collide() -> None:
    changed = endpoint_name("modeldrop", "a.b")
    assert endpoint_name("modeldrop", changed.removeprefix("modeldrop-")) != changed


def test_longest_name_that_is_not_cut() -> None:
    fits = "x" * (ENDPOINT_LIMIT - len("modeldrop-"))
    assert endpoint_name("modeldrop", fits) == f"modeldrop-{fits}"
    assert len(endpoint_name("modeldrop", fits + "x")) == ENDPOINT_LIMIT


@given(PREFIXES, MODELS)
def test_every_name_is_valid_for_sagemaker(prefix: str, model: str) -> None:
    endpoint = endpoint_name(prefix, model)
    assert endpoint.startswith(f"{prefix}-")
    for name in (endpoint, resource_name(endpoint, VERSION)):
        assert NAME.fullmatch(name)
        assert len(name) <= SAGEMAKER_NAME.value
    assert endpoint_name(prefix, model) == endpoint


@given(PREFIXES, st.lists(MODELS, unique=True, min_size=2, max_size=20))
def test_models_never_share_an_endpoint(prefix: str, models: list[str]) -> None:
    assert len({endpoint_name(prefix, model) for model in models}) == len(models)


@given(PREFIXES, MODELS, TIMES, st.text(), SEQUENCERS)
def test_version_is_read_back(
    prefix: str, model: str, time: datetime, content: str, sequencer: str | None
) -> None:
    endpoint, version = endpoint_name(prefix, model), version_of(time, content, sequencer)
    assert version_in(endpoint, resource_name(endpoint, version)) == version
    shadow = shadow_config_name(endpoint, version)
    assert NAME.fullmatch(shadow)
    assert len(shadow) <= SAGEMAKER_NAME.value
    assert version_in(endpoint, shadow) == version
    assert is_shadow_config(endpoint, shadow)
    assert not is_shadow_config(endpoint, resource_name(endpoint, version))


@pytest.mark.parametrize(
    "config",
    [
        "",
        "modeldrop-resnet",
        "modeldrop-resnet-v1",
        VERSION,
        f"modeldrop-vgg-{VERSION}",
        f"modeldrop-resnet-50-{VERSION}",
        f"xmodeldrop-resnet-{VERSION}",
        f"modeldrop-resnet{VERSION}",
        f"modeldrop-resnet-{VERSION}x",
        f"modeldrop-resnet-{VERSION.upper()}",
        "modeldrop-resnet-20260801-151224Z-3f9a1c2b",
    ],
)
def test_config_of_somebody_else_has_no_version(config: str) -> None:
    assert version_in("modeldrop-resnet", config) is None


@given(PREFIXES, MODELS)
def test_name_of_a_staging_endpoint_is_valid_for_sagemaker(prefix: str, model: str) -> None:
    staging = staging_endpoint_name(endpoint_name(prefix, model), VERSION)
    assert NAME.fullmatch(staging)
    assert len(staging) <= SAGEMAKER_NAME.value


STAGED = st.builds("{}-{}".format, MODELS, st.sampled_from([VERSION, VERSION.lower()]))


@given(PREFIXES, MODELS, MODELS | STAGED)
@example("p", "m", f"m-{VERSION.lower()}")  # SageMaker ignores the case of letters
def test_staging_endpoint_is_never_a_models_own(prefix: str, model: str, other: str) -> None:
    staging = staging_endpoint_name(endpoint_name(prefix, model), VERSION)
    assert staging.lower() != endpoint_name(prefix, other).lower()


@given(PREFIXES, MODELS)
def test_names_that_differ_in_case_are_different_models(prefix: str, model: str) -> None:
    """SageMaker ignores the case of names (CreateEndpoint API reference)."""
    for other in {model.upper(), model.lower(), model.swapcase()} - {model}:
        one, another = endpoint_name(prefix, model), endpoint_name(prefix, other)
        assert one.lower() != another.lower()


def test_no_model_has_the_name_of_a_pools_endpoint() -> None:
    assert pool_endpoint_name("modeldrop", "small") == "modeldrop-pool-small"
    assert endpoint_name("modeldrop", "pool-small") != "modeldrop-pool-small"
    assert endpoint_name("modeldrop", "pool") == "modeldrop-pool"
    longest = pool_endpoint_name("p" * 16, "n" * POOL_NAME_LIMIT)
    assert len(longest) == ENDPOINT_LIMIT
