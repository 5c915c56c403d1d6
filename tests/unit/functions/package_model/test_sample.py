from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inspect_model.sidecars import labels_sidecar, sample_sidecars
from package_model.sample import keep_sample
from tests.unit.functions.samples import ARTIFACTS
from workflow.aws.clients import s3
from workflow.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.stored import Source

    Put = Callable[..., Source]


def test_sample_is_kept_as_it_was_seen(put: Put) -> None:
    source = put(b"model")
    put(b"question", "resnet/sample/input.npy")
    put(b"notes", "resnet/sample/notes.txt")
    seen = sample_sidecars(source)
    keep_sample(source, seen, ARTIFACTS, "resnet/v1/")
    kept = s3().list_objects_v2(Bucket=ARTIFACTS)["Contents"]
    assert [each["Key"] for each in kept] == ["resnet/v1/sample/input.npy"]
    body = s3().get_object(Bucket=ARTIFACTS, Key="resnet/v1/sample/input.npy")["Body"]
    assert body.read() == b"question"


def test_labels_are_found_by_their_state(put: Put) -> None:
    source = put(b"model")
    assert labels_sidecar(source) is None
    etag = put(b"cat\n", "resnet/labels.txt").etag
    found = labels_sidecar(source)
    assert found is not None
    assert (found.name, found.etag) == ("labels.txt", etag)


def test_sample_that_is_gone_is_a_change(put: Put) -> None:
    source = put(b"model")
    put(b"question", "resnet/sample/input.npy")
    seen = sample_sidecars(source)
    s3().delete_object(Bucket=source.bucket, Key="resnet/sample/input.npy")
    with pytest.raises(SourceChanged, match=r"sample/input\.npy was overwritten or deleted"):
        keep_sample(source, seen, ARTIFACTS, "resnet/v1/")
