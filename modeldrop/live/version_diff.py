"""Compares two versions of a model by their records. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_packager.executions.upload_metadata import upload_text
from model_packager.latency_statistics import milliseconds

if TYPE_CHECKING:
    from model_packager.signature import Tensor
    from model_packager.stored import DeploymentRecord, SmokeResult


@dataclass(frozen=True)
class Difference:
    """A value that differs between two versions.

    Attributes:
        section: "Drop", "deploy.yaml", "Signature", "Hosting", "Latency" or "Checks".
        name: the name of the value, such as `smoke_test.requests`.
        old: the value of the first version; None if it has none.
        new: the value of the second version; None if it has none.
    """

    section: str
    name: str
    old: str | None
    new: str | None


def differences(
    old: DeploymentRecord,
    new: DeploymentRecord,
    *,
    old_bytes: int | None = None,
    new_bytes: int | None = None,
) -> list[Difference]:
    """Compare two versions of a model, section by section.

    Args:
        old: the first version.
        new: the second version.
        old_bytes: the size of its dropped object; None if it is unknown.
        new_bytes: the size of its dropped object; None if it is unknown.
    """
    before, after = _sections(old, old_bytes), _sections(new, new_bytes)
    return [
        Difference(section, name, values.get(name), after[section].get(name))
        for section, values in before.items()
        for name in {**values, **after[section]}
        if values.get(name) != after[section].get(name)
    ]


def _sections(record: DeploymentRecord, size: int | None) -> dict[str, dict[str, str]]:
    servable, smoke = record.servable, record.smoke
    return {
        "Drop": dict(_drop(record, size)),
        "deploy.yaml": dict(_flat(servable.spec.model_dump(mode="json"))),
        "Signature": {
            "max_batch_size": str(servable.signature.max_batch_size),
            **{f"input {each.name}": _tensor(each) for each in servable.signature.inputs},
            **{f"output {each.name}": _tensor(each) for each in servable.signature.outputs},
        },
        "Hosting": dict(_flat(servable.hosting.model_dump(mode="json"))),
        "Latency": dict(_latency(smoke)),
        "Checks": {
            "golden sample": smoke.golden,
            **{each: "passed" for each in (*servable.checks, *smoke.checks)},
        },
    }


def _drop(record: DeploymentRecord, size: int | None) -> Iterator[tuple[str, str]]:
    checksum = record.package.source_checksum
    if size is not None:
        yield "size", f"{size:,} bytes"
    if checksum is not None:
        yield "checksum", f"{checksum.algorithm} {checksum.value}"
    uploader = upload_text(record.source)
    if uploader is not None:
        yield "dropped by", uploader


def _tensor(tensor: Tensor) -> str:
    return f"{tensor.dtype} {list(tensor.dims)}"


def _latency(smoke: SmokeResult) -> Iterator[tuple[str, str]]:
    yield "first request", milliseconds(smoke.first_ms)
    yield "median", milliseconds(smoke.p50_ms)
    if smoke.p95_ms is not None:
        yield "95th percentile", milliseconds(smoke.p95_ms)
    yield "slowest", milliseconds(smoke.slowest_ms)
    yield "requests", str(smoke.requests)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and text of each value. A list is one value; null is skipped."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif value is not None:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{prefix}{key}", text
