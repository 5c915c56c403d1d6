from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from package_model.labels import read_labels
from workflow.contracts.deploy_model import Sidecar
from workflow.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.stored import Source


def test_model_without_labels_has_none(put: Callable[..., Source], traced_model: bytes) -> None:
    assert read_labels(put(traced_model), len(traced_model), None) is None


def test_labels_inside(put: Callable[..., Source], model_with_labels: bytes) -> None:
    assert read_labels(put(model_with_labels), len(model_with_labels), None) == b"cat\ndog\n"


def test_labels_next_to_the_model_win(put: Callable[..., Source], model_with_labels: bytes) -> None:
    etag = put(b"lion\n", "resnet/labels.txt").etag
    sidecar = Sidecar(name="labels.txt", etag=etag)
    source = put(model_with_labels)
    assert read_labels(source, len(model_with_labels), sidecar) == b"lion\n"
    put(b"tiger\n", "resnet/labels.txt")
    with pytest.raises(SourceChanged, match=r"resnet/labels\.txt was overwritten"):
        read_labels(source, len(model_with_labels), sidecar)
