from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from inspect_model.cpu_test import MAX_BYTES, MAX_FILES, URL_SECONDS, cpu_test
from model_packager.model_warnings import WarningCode
from tests import onnx_models
from tests.unit.functions.samples import DROPS, REGION
from workflow.contracts.deploy_model import Sidecar
from workflow.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.stored import Source
    from workflow.contracts.deploy_model import CpuTest, InspectModelOutput

    Put = Callable[..., Source]
    Inspect = Callable[..., InspectModelOutput]

LINEAR = onnx_models.content(onnx_models.linear())


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch, inspect: Inspect) -> Inspect:
    """Inspect Model in a stack with CPU tests."""
    monkeypatch.setenv("CPU_TEST", "onnx")
    return inspect


def files_of(found: CpuTest | None) -> dict[str, Any]:
    assert found is not None
    return {each.name: each for each in found.files}


def test_a_stack_without_cpu_tests_makes_no_url(put: Put, inspect: Inspect) -> None:
    assert inspect(put(LINEAR, "resnet/model.onnx")).cpu_test is None


def test_another_format_has_no_cpu_test(put: Put, wanted: Inspect, traced_model: bytes) -> None:
    found = wanted(put(traced_model))
    assert found.cpu_test is None
    assert WarningCode.CPU_TEST not in {each.code for each in found.servable.warnings}


def test_url_is_for_this_state_of_the_object_and_expires(put: Put, wanted: Inspect) -> None:
    source = put(LINEAR, "team/resnet/model.onnx")
    found = wanted(source)
    (file,) = files_of(found.cpu_test).values()
    url, query = urlsplit(file.url), parse_qs(urlsplit(file.url).query)
    assert url.netloc in {f"{DROPS}.s3.amazonaws.com", f"{DROPS}.s3.{REGION}.amazonaws.com"}
    assert url.path == "/team/resnet/model.onnx"
    assert query["X-Amz-Expires"] == [str(URL_SECONDS)]
    assert query["X-Amz-SignedHeaders"] == ["host;if-match"]
    assert (file.name, file.etag, file.size) == ("model.onnx", source.etag, len(LINEAR))
    assert found.servable.warnings == ()


def test_weights_and_sample_belong_to_it(put: Put, wanted: Inspect) -> None:
    proto = onnx_models.with_external_weights(onnx_models.linear())
    put(bytes(48), "resnet/model.onnx.data")
    put(b"input", "resnet/sample/input.npy")
    put(b"expected", "resnet/sample/expected.json")
    found = wanted(put(proto.SerializeToString(), "resnet/model.onnx")).cpu_test
    assert found is not None
    assert {name: file.size for name, file in files_of(found).items()} == {
        "model.onnx": len(proto.SerializeToString()),
        "model.onnx.data": 48,
        "sample/input.npy": 5,
        "sample/expected.json": 8,
    }
    assert (found.input, found.expected) == ("sample/input.npy", "sample/expected.json")


def test_largest_urls_leave_room_in_the_state(put: Put) -> None:
    """A session token of AWS has up to about 1.5 KB, but here it has 4 characters."""
    sidecar = Sidecar(name="model.onnx.data", etag=put(b"1", "resnet/model.onnx.data").etag)
    found, _ = cpu_test(put(LINEAR, "resnet/model.onnx"), [sidecar] * (MAX_FILES - 1), [], "onnx")
    assert found is not None
    text = json.dumps(found.model_dump(mode="json"))
    assert len(text) + MAX_FILES * 1536 < 24 * 1024


def test_many_files_are_not_tested(put: Put) -> None:
    sidecar = Sidecar(name="model.onnx.data", etag="0")
    found, (warning,) = cpu_test(put(LINEAR, "a/model.onnx"), [sidecar] * MAX_FILES, [], "onnx")
    assert found is None
    assert warning.cause.endswith("it has 9 files, and the CPU test takes at most 8.")


def test_large_model_is_not_tested(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspect_model.cpu_test.MAX_BYTES", len(LINEAR) - 1)
    found, (warning,) = cpu_test(put(LINEAR, "a/model.onnx"), [], [], "onnx")
    assert found is None
    assert warning.code is WarningCode.CPU_TEST
    assert f"its files have {len(LINEAR)} bytes" in warning.cause
    assert MAX_BYTES == 400 * 2**20


def test_changed_file_is_not_a_warning(put: Put) -> None:
    source = put(LINEAR, "a/model.onnx")
    put(b"another", "a/model.onnx")
    with pytest.raises(SourceChanged):
        cpu_test(source, [], [], "onnx")
