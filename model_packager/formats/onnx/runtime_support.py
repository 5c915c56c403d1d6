"""The IR version, operator sets and operators that a Triton release's ONNX Runtime supports.

onnx_runtime.json is the table; scripts/update_onnx_runtime.py measures and writes it. ONNX Runtime
does not load a model with a newer IR version, a newer operator set or an unknown operator.
"""

import json
from functools import cache
from importlib import resources
from typing import TypedDict, cast

from model_packager.formats.onnx.graph import OnnxGraph, Operator
from model_packager.rejection import ModelRejected


class _Version(TypedDict):
    ir_version: int
    opsets: dict[str, int]


class _Table(TypedDict):
    releases: dict[str, str]
    versions: dict[str, _Version]
    operators: dict[str, dict[str, list[str]]]


@cache
def _table() -> _Table:
    folder = resources.files("model_packager.formats.onnx")
    return cast(_Table, json.loads(folder.joinpath("onnx_runtime.json").read_text()))


def require_supported(graph: OnnxGraph, release: str) -> None:
    """Check that a release's ONNX Runtime loads a model, as far as the table knows the release.

    Args:
        graph: the model.
        release: the Triton release, such as "26.05".

    Raises:
        ModelRejected: the release does not load the model.
    """
    require_versions(graph, release)
    require_operators(graph, release)


def require_versions(graph: OnnxGraph, release: str) -> None:
    """Check the IR version and the operator sets; see `require_supported`."""
    version = _table()["releases"].get(release)
    if version is None:
        return
    facts = _table()["versions"][version]
    most = facts["ir_version"]
    if graph.ir_version > most:
        raise ModelRejected(
            f"The ONNX file has IR version {graph.ir_version}, but ONNX Runtime {version} in "
            f"Triton {release} reads at most {most}.",
            "Save it with an older IR version, and upload that file: `model = "
            f"onnx.load('model.onnx'); model.ir_version = {most}; onnx.save(model, 'model.onnx')`.",
        )
    for domain, newest in facts["opsets"].items():
        if graph.opsets.get(domain, 0) > newest:
            title = domain or "ai.onnx"
            raise ModelRejected(
                f"The ONNX model uses version {graph.opsets[domain]} of the operator set {title}, "
                f"but ONNX Runtime {version} in Triton {release} has version {newest}.",
                f"Export the model with an older operator set (`opset_version={newest}` in "
                "torch.onnx.export), and upload it again.",
            )


def require_operators(graph: OnnxGraph, release: str) -> None:
    """Check the operators; see `require_supported`.

    A custom operator library (model_operations in config.pbtxt) adds operators. Operators named
    …_TRT run only in the TensorRT execution provider, which no dropped model.onnx uses.
    """
    version = _table()["releases"].get(release)
    if version is None:
        return
    unknown = sorted(graph.operators - _operators(version))
    if not unknown:
        return
    domain, name = unknown[0]
    known = domain in _table()["operators"]
    others = "" if len(unknown) == 1 else f" (and {len(unknown) - 1:,} others)"
    raise ModelRejected(
        f"The ONNX model uses the operator {name:.120} of the domain {domain or 'ai.onnx':.120}"
        f"{others}, which ONNX Runtime {version} in Triton {release} does not have.",
        "Export the model without it: replace the layer by standard operators"
        + (", or deploy the stack with a newer Triton release" if known else "")
        + ". An operator of your own needs a shared library: pack both into a model repository "
        "(model_operations in config.pbtxt), and upload it as model.tar.gz.",
    )


@cache
def _operators(version: str) -> frozenset[Operator]:
    return frozenset(
        (domain, name)
        for domain, by_version in _table()["operators"].items()
        for first, names in by_version.items()
        if _key(first) <= _key(version)
        for name in names
        if not name.endswith("_TRT")
    )


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
