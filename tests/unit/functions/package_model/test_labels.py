from __future__ import annotations

from typing import TYPE_CHECKING

from package_model.labels import read_labels

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.contracts import Source


def test_model_without_labels_has_none(put: Callable[..., Source], traced_model: bytes) -> None:
    assert read_labels(put(traced_model), len(traced_model)) is None


def test_labels_inside(put: Callable[..., Source], labelled_model: bytes) -> None:
    assert read_labels(put(labelled_model), len(labelled_model)) == b"cat\ndog\n"


def test_labels_beside_win(put: Callable[..., Source], labelled_model: bytes) -> None:
    put(b"lion\n", "resnet/labels.txt")
    assert read_labels(put(labelled_model), len(labelled_model)) == b"lion\n"
