import re
import string
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model_packager.aws_limits import SAGEMAKER_NAME
from model_packager.names import (
    ENDPOINT_LIMIT,
    POOL_NAME_LIMIT,
    VERSION_LENGTH,
    BatchJob,
    artifact_prefix,
    batch_job_of,
    batch_run,
    batch_run_name,
    content_of,
    drop_folder,
    drop_order,
    endpoint_name,
    is_batch_run_of,
    is_same_second,
    is_shadow_config,
    live_key,
    model_name,
    pool_archive_key,
    pool_archive_of,
    pool_endpoint_name,
    record_key,
    report_key,
    resource_name,
    shadow_config_name,
    staging_endpoint_name,
    summary_key,
    version_in,
    version_of,
    version_of_folder,
    was_dropped_before,
)
from model_packager.rejection import ModelRejected

TIME = datetime(2026, 8, 1, 15, 12, 24, tzinfo=UTC)
VERSION = "20260801T151224Z-3f9a1c2b"

# The constraint of every SageMaker name (CreateModel, CreateEndpoint API reference), and the
# AllowedPattern of the template's EndpointPrefix.
NAME = re.compile(rf"[a-zA-Z0-9](-*[a-zA-Z0-9]){{0,{SAGEMAKER_NAME.value - 1}}}")
PREFIXES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?", fullmatch=True)
ALPHANUMERIC = string.ascii_letters + string.digits
MODELS = st.builds(
    "{}{}".format, st.sampled_from(ALPHANUMERIC), st.text(f"{ALPHANUMERIC}._-", max_size=127)
)
TIMES = st.datetimes(
    datetime(2020, 1, 1),
    datetime(2099, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("model.pt", "model"),
        ("resnet/model.pt", "resnet"),
        ("team/a/resnet/model.pt", "resnet"),
        ("no good name/resnet/model.pt", "resnet"),
        ("ResNet-50_v1.5/model.pt", "ResNet-50_v1.5"),
        ("7/model.pt", "7"),
        ("model.pt/model.pt", "model.pt"),
        ("x" * 128 + "/model.pt", "x" * 128),
    ],
)
def test_model_is_called_as_its_folder(key: str, name: str) -> None:
    assert model_name(key) == name


@pytest.mark.parametrize(
    "folder",
    ["", "a b", "-x", "_x", ".", "..", "größe", "a+b", "a:b", "x" * 129, "a\n", "\na", "team/"],
)
def test_folder_that_is_not_a_name_is_rejected(folder: str) -> None:
    with pytest.raises(ModelRejected, match="is not a valid model name") as caught:
        model_name(f"{folder}/model.pt")
    assert "resnet/model.pt" in caught.value.fix


@pytest.mark.parametrize("key", ["", "resnet/model.pth", "resnet/Model.pt", "resnet/", "xmodel.pt"])
def test_object_of_another_name_is_rejected(key: str) -> None:
    with pytest.raises(
        ModelRejected, match=r"only objects with the names model\.pt, .* are models"
    ):
        model_name(key)


@pytest.mark.parametrize(
    ("key", "folder"), [("model.pt", ""), ("a/model.pt", "a/"), ("a/b/model.pt", "a/b/")]
)
def test_folder_of_the_sidecars(key: str, folder: str) -> None:
    assert drop_folder(key) == folder


def test_version_is_utc_and_a_digest() -> None:
    assert version_of(TIME, content_of("abc", ""), None) == "20260801T151224Z-d1c4b3bb"


def test_version_is_the_same_in_every_time_zone() -> None:
    there = TIME.astimezone(timezone(timedelta(hours=-7)))
    assert version_of(there, "abc", None) == version_of(TIME, "abc", None)


def test_version_follows_model_and_spec() -> None:
    drops = [("abc", ""), ("abd", ""), ("abc", "max_batch_size: 1"), ("abc", "max_batch_size: 2")]
    assert len({version_of(TIME, content_of(*drop), "A1") for drop in drops}) == len(drops)


SEQUENCERS = st.none() | st.text("0123456789ABCDEF", min_size=1, max_size=30)


@given(TIMES, TIMES, st.text(), SEQUENCERS)
def test_later_version_sorts_later(
    first: datetime, second: datetime, content: str, sequencer: str | None
) -> None:
    versions = version_of(first, content, sequencer), version_of(second, "other", None)
    gap = int(second.timestamp()) - int(first.timestamp())
    assert all(len(version) == VERSION_LENGTH for version in versions)
    assert is_same_second(*versions) is (gap == 0)
    if gap:
        assert (versions[0] < versions[1]) is (gap > 0)
        orders = drop_order(versions[0], sequencer), drop_order(versions[1], "FFFF")
        assert (orders[0] < orders[1]) is (gap > 0)


@given(st.integers(0, 2**80), st.integers(0, 2**80), st.booleans())
def test_sequencer_orders_the_drops_of_one_second(first: int, second: int, upper: bool) -> None:
    """Sequencers are hex numbers of different lengths."""
    form = "{:X}" if upper else "{:018x}"
    names = version_of(TIME, "a", None), version_of(TIME, "b", None)
    for early, late in (names, names[::-1]):
        orders = drop_order(early, form.format(first)), drop_order(late, f"{second:X}")
        if first != second:
            assert (orders[0] < orders[1]) is (first < second)
        assert drop_order(early, None) < drop_order(late, "0" * 17 + "1")


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
@example("p", "m", f"m-{VERSION.lower()}")  # SageMaker does not tell capitals from small letters
def test_staging_endpoint_is_never_a_models_own(prefix: str, model: str, other: str) -> None:
    staging = staging_endpoint_name(endpoint_name(prefix, model), VERSION)
    assert staging.lower() != endpoint_name(prefix, other).lower()


@given(st.text(), st.text())
def test_content_follows_file_and_spec(etag: str, spec: str) -> None:
    contents = {content_of(etag, spec), content_of(etag + " ", spec), content_of(etag, spec + " ")}
    assert len(contents) == 3


@given(MODELS)
def test_version_is_read_back_from_its_folder(model: str) -> None:
    assert version_of_folder(model, artifact_prefix(model, VERSION)) == VERSION
    assert record_key(model, VERSION).startswith(artifact_prefix(model, VERSION))


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "resnet/",
        live_key("resnet"),
        "resnet/v1/",
        f"vgg/{VERSION}/",
        f"resnet/{VERSION}x/",
        f"resnet/{VERSION}/claim.json",
    ],
)
def test_other_folder_has_no_version(prefix: str) -> None:
    assert version_of_folder("resnet", prefix) is None


@pytest.mark.parametrize(
    ("moment", "before"),
    [
        (TIME - timedelta(seconds=1), False),
        (TIME, False),
        (TIME + timedelta(microseconds=999_999), False),
        (TIME + timedelta(seconds=1), True),
        ((TIME + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=-8))), True),
    ],
)
def test_drop_of_the_same_second_was_not_before(moment: datetime, before: bool) -> None:
    assert was_dropped_before(VERSION, moment) is before


def test_every_deployment_has_a_report_of_its_own() -> None:
    keys = [
        report_key("resnet", VERSION, "first", restored=False),
        report_key("resnet", VERSION, "second", restored=True),
        report_key("resnet", VERSION, "third", restored=True),
        report_key("resnet", None, "fourth", restored=False),
        report_key(None, None, "fourth", restored=False),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == f"_reports/resnet/{VERSION}.html"
    assert keys[0] == report_key("resnet", VERSION, "again", restored=False)
    assert keys[1].startswith(f"_reports/resnet/{VERSION}-restored-")
    assert summary_key(keys[0]) == f"_reports/resnet/{VERSION}.json"


def test_no_model_has_the_name_of_the_reports_folder() -> None:
    with pytest.raises(ModelRejected):
        model_name("_reports/model.pt")


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


def test_archive_of_a_pool_has_the_version_in_its_key() -> None:
    key = pool_archive_key("small", "resnet", VERSION)
    assert key == f"_pools/small/resnet/{VERSION}.tar.gz"
    assert pool_archive_of(key) == ("small", "resnet", VERSION)
    for other in ("_pools/small/resnet/notes.tar.gz", key + ".bak", key.removeprefix("_")):
        assert pool_archive_of(other) is None


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("resnet/batch/monday/_READY", BatchJob("resnet", "monday", "resnet/batch/monday/")),
        ("a/b/resnet/batch/1/x/y.png", BatchJob("resnet", "1", "a/b/resnet/batch/1/")),
        ("batch/batch/monday/a.npy", BatchJob("batch", "monday", "batch/batch/monday/")),
        ("resnet/batch/monday/", None),
        ("resnet/batch/model.pt", None),
        ("batch/resnet/model.pt", None),
        ("bad name/batch/monday/_READY", None),
    ],
)
def test_object_of_a_batch_job(key: str, expected: BatchJob | None) -> None:
    assert batch_job_of(key) == expected


def test_model_in_the_folder_of_a_batch_job_is_rejected() -> None:
    with pytest.raises(ModelRejected, match="is in the folder of a batch job"):
        model_name("team/resnet/batch/vgg/model.pt")
    assert model_name("team/batch/model.pt") == "batch"


def test_run_of_a_batch_job_differs_by_every_part_of_its_upload() -> None:
    parts = ["drops", "resnet/batch/monday/_READY", "abc", "0055AED6"]
    changed = [[*parts[:at], f"{parts[at]}0", *parts[at + 1 :]] for at in range(len(parts))]
    runs = {batch_run(*each) for each in (parts, *changed)}
    assert len(runs) == 5
    assert batch_run(*parts) in runs


def test_name_of_a_run_is_no_version_and_fits_sagemaker() -> None:
    endpoint = endpoint_name("modeldrop", "r" * 100)
    name = batch_run_name(endpoint, batch_run("drops", "key", "etag", "1"))
    assert len(name) <= SAGEMAKER_NAME.value
    assert is_batch_run_of(name, endpoint)
    assert not is_batch_run_of(name, "modeldrop-other")
    assert not is_batch_run_of(f"{endpoint}-batch-x", endpoint)
    assert version_in(endpoint, name) is None
