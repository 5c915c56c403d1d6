"""Dependencies point down, and a Lambda function imports only what its layers contain."""

import re
from pathlib import Path

import pytest
import yaml

from tests.consistency.asl import ROOT, STEPS, function, snake
from tests.consistency.import_statements import imported

FUNCTION_FOLDERS = {snake(state) for state in STEPS}
LAMBDA_LIBRARIES = {
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "pydantic",
    "typing_extensions",
}
SMOKE_TEST_LIBRARIES = {"numpy", "PIL", "tritonclient"}  # the libraries in SmokeTestLayer
CPU_TEST_LIBRARIES = {"onnxruntime"}  # the libraries in OnnxRuntimeLayer
REPORT_LIBRARIES = {"jinja2", "markupsafe", "PIL"}  # the libraries in ReportLayer
OF_LAYERS = {
    "smoke_test": SMOKE_TEST_LIBRARIES | {"model_client"},
    "compare_answers": SMOKE_TEST_LIBRARIES | {"model_client"},
    "encode_inputs": SMOKE_TEST_LIBRARIES | {"model_client"},
    "start_transform": SMOKE_TEST_LIBRARIES | {"model_client"},
    "collect_results": SMOKE_TEST_LIBRARIES | {"model_client"},
    "run_model": SMOKE_TEST_LIBRARIES | {"model_client"} | CPU_TEST_LIBRARIES,
    "write_report": REPORT_LIBRARIES,
}


def third_party(files: list[Path], own: set[str]) -> set[str]:
    import sys

    found = set[str]().union(*(imported(file) for file in files))
    return found - set(sys.stdlib_module_names) - own


def test_model_packager_needs_no_cloud_no_arrays_and_no_torch() -> None:
    files = [f for f in (ROOT / "model_packager").rglob("*.py") if f.parent.name != "exporter"]
    assert third_party(files, {"model_packager"}) == {
        "isal",
        "pydantic",
        "pydantic_core",
        "yaml",
    }


def test_model_client_needs_no_cloud_and_no_torch() -> None:
    files = list((ROOT / "model_client").rglob("*.py"))
    found = third_party(files, {"model_client", "model_packager"})
    # ModelPackagerLayer contains pydantic, and OnnxRuntimeLayer onnxruntime.
    assert found == SMOKE_TEST_LIBRARIES | CPU_TEST_LIBRARIES | {"pydantic"}
    assert [file.name for file in files if "onnxruntime" in imported(file)] == ["onnx_engine.py"]


def test_only_the_exporter_and_the_local_backend_import_torch() -> None:
    folders = ("functions", "model_client", "model_packager", "modeldrop")
    found = {
        file.relative_to(ROOT).as_posix()
        for folder in folders
        for file in (ROOT / folder).rglob("*.py")
        if "torch" in imported(file) and file.parent != ROOT / "model_packager" / "exporter"
    }
    assert found == {
        "modeldrop/local/sagemaker/triton_backends/pytorch/torch_import.py",
    }


@pytest.mark.parametrize("folder", sorted(FUNCTION_FOLDERS | {"workflow"}))
def test_functions_import_model_packager_and_workflow_and_themselves(folder: str) -> None:
    files = list((ROOT / "functions" / folder).rglob("*.py"))
    if folder == "workflow":  # only functions with the layer use it
        files = [file for file in files if file.parent.name != "report"]
    found = third_party(files, {"model_packager", "workflow", folder})
    assert found <= LAMBDA_LIBRARIES | OF_LAYERS.get(folder, set())


def test_pages_are_made_with_the_libraries_of_their_layer() -> None:
    files = list((ROOT / "functions" / "workflow" / "report").glob("*.py"))
    found = third_party(files, {"model_packager", "workflow"})
    assert {"jinja2", "markupsafe"} <= found <= LAMBDA_LIBRARIES | REPORT_LIBRARIES


def test_only_functions_that_need_a_layer_have_it() -> None:
    layers = {state: function(state)["Layers"] for state in STEPS if "Layers" in function(state)}
    assert layers == {
        "Run Model": [{"Ref": "SmokeTestLayer"}, {"Ref": "OnnxRuntimeLayer"}],
        "Smoke Test": [{"Ref": "SmokeTestLayer"}],
        "Compare Answers": [{"Ref": "SmokeTestLayer"}],
        "Encode Inputs": [{"Ref": "SmokeTestLayer"}],
        "Start Transform": [{"Ref": "SmokeTestLayer"}],
        "Collect Results": [{"Ref": "SmokeTestLayer"}],
        "Write Report": [{"Ref": "ReportLayer"}],
        "Write Index": [{"Ref": "ReportLayer"}],
    }
    makes_pages = {
        folder
        for folder in FUNCTION_FOLDERS
        for file in (ROOT / "functions" / folder).rglob("*.py")
        if "from workflow.report" in file.read_text()
    }
    assert makes_pages == {"write_report", "write_index"}


def test_nothing_in_a_lambda_unpickles_or_executes() -> None:
    for folder in ("functions", "model_client", "model_packager"):
        for file in (ROOT / folder).rglob("*.py"):
            if file.parent.name == "exporter":
                continue
            assert not imported(file) & {"pickle", "dill", "joblib", "marshal", "shelve"}, file
            calls = re.findall(r"(?<![\w.])(?:eval|exec|__import__)\(", file.read_text())
            assert not calls, file


def test_the_layer_has_botocores_data_of_the_services_that_are_called() -> None:
    clients = (ROOT / "functions" / "workflow" / "aws" / "clients.py").read_text()
    kept = re.search(r"^SERVICES := (.*)$", (ROOT / "layers" / "layers.mk").read_text(), re.M)
    assert kept is not None
    assert kept[1].split() == sorted(set(re.findall(r'client\(\s*"([a-z0-9-]+)"', clients)))


def test_dependabot_updates_every_file_of_pins() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    [python] = [each for each in updates if each["package-ecosystem"] == "pip"]
    files = [*ROOT.glob("*/requirements.txt"), *ROOT.glob("layers/*/requirements.txt")]
    layers = {f"/{file.parent.relative_to(ROOT).as_posix()}" for file in files}
    assert set(python["directories"]) == {"/", "/requirements", *layers}
