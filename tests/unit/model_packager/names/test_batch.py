import pytest

from model_packager.aws_limits import SAGEMAKER_NAME
from model_packager.names.batch import (
    BatchJob,
    batch_job_of,
    batch_run,
    batch_run_name,
    is_batch_run_of,
)
from model_packager.names.endpoint import endpoint_name, version_in


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
