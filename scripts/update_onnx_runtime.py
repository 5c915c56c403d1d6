"""Measure the installed onnxruntime, and write the result to onnx_runtime.json.

Run it in an environment with each version of `RELEASES` and with onnx:

    pip install onnxruntime==1.24.4 onnx && python -m scripts.update_onnx_runtime
"""

import json
from pathlib import Path

import onnxruntime
from onnx import TensorProto, helper

# mypy: ignore-errors

TABLE = Path(__file__).parent.parent / "model_packager/formats/onnx/onnx_runtime.json"

# TRITON_VERSION_MAP in build.py of triton-inference-server/server, branch r<release>. 24.03 has
# 1.17.2, which PyPI lacks; 1.17.3 is built on the same ONNX.
RELEASES = {
    "23.12": "1.16.3",
    "24.01": "1.16.3",
    "24.03": "1.17.3",
    "24.05": "1.18.0",
    "24.09": "1.19.2",
    "25.04": "1.21.0",
    "25.09": "1.23.0",
    "26.05": "1.24.4",
}


def measure() -> dict:
    """Return the newest IR version and operator sets that the installed version loads."""
    operators = {}
    for schema in onnxruntime.capi.onnxruntime_pybind11_state.get_all_operator_schema():
        operators.setdefault(schema.domain, set()).add(schema.name)
    return {
        "ir_version": max(each for each in range(3, 60) if _loads(each, {"": 13})),
        "opsets": {
            "": max(each for each in range(7, 60) if _loads(8, {"": each})),
            "ai.onnx.ml": max(
                each for each in range(1, 20) if _loads(8, {"": 13, "ai.onnx.ml": each})
            ),
        },
        "operators": {domain: sorted(names) for domain, names in operators.items()},
    }


def _loads(ir_version: int, opsets: dict[str, int]) -> bool:
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "graph", tensors[:1], tensors[1:]
    )
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    model = helper.make_model(graph, opset_imports=imports, ir_version=ir_version)
    try:
        onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    except Exception:  # the version rejects the model
        return False
    return True


def main() -> None:
    """Add the installed version to the table. Each operator is listed under its first version."""
    table = json.loads(TABLE.read_text()) if TABLE.exists() else {"versions": {}, "operators": {}}
    measured = measure()
    version = onnxruntime.__version__
    table["releases"] = RELEASES
    table["versions"][version] = {key: measured[key] for key in ("ir_version", "opsets")}
    for domain, names in measured["operators"].items():
        known = table["operators"].setdefault(domain, {})
        for first, listed in known.items():
            if _key(first) < _key(version):
                names = [name for name in names if name not in listed]
        known[version] = names
        for later, listed in known.items():
            if _key(later) > _key(version):
                known[later] = [name for name in listed if name not in names]
    TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    main()
