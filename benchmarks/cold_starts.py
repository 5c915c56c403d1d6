"""The cold start of each function: its imports and its first client, minus the start of Python.

Each start is a new process with only the standard library, the built function and the built layers
on its path, and with Lambda's environment variables. It does not include the download and
extraction of the zip by Lambda. On a busy computer, compare the CPU time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.deployment import fresh_cloud
from benchmarks.spread import spread
from modeldrop.stack.template import read_template

if TYPE_CHECKING:
    from modeldrop.local.cloud_state import EmbeddedCloud

REPEATS = 5

FIRST_CLIENTS = {
    "Find Model": "s3",
    "Restore Version": "s3",
    "Inspect Model": "s3",
    "Run Model": "",
    "Package Model": "s3",
    "Create Model": "sagemaker",
    "Create Endpoint Config": "sagemaker",
    "Create Endpoint": "sagemaker",
    "Check Endpoint": "sagemaker",
    "Next Instance Type": "sagemaker",
    "Smoke Test": "s3",
    "Delete Staging Endpoint": "sagemaker",
    "Start Shadow Test": "sagemaker",
    "Compare Answers": "sagemaker",
    "Record Deployment": "sagemaker",
    "Scale Endpoint": "application_autoscaling",
    "Remove Old Versions": "sagemaker",
    "Roll Back": "sagemaker",
    "Write Report": "s3",
    "Publish Result": "sagemaker",
    "Plan Batch": "s3",
    "Encode Inputs": "s3",
    "Start Transform": "s3",
    "Check Transform": "sagemaker",
    "Collect Results": "s3",
    "Remove Transform": "sagemaker",
    "Publish Batch": "sns",
    "Decide Retirement": "sagemaker",
    "Retire Model": "sagemaker",
    "Write Index": "s3",
    "Publish Retirement": "sns",
    "Watch Endpoints": "sagemaker",
    "Notify Failure": "stepfunctions",
}
"""The first client that each function creates, as its name in workflow.aws.clients; empty without
a client."""

SECOND_LAYER = {
    "Run Model": "OnnxRuntimeLayer",
    "Smoke Test": "SmokeTestLayer",
    "Compare Answers": "SmokeTestLayer",
    "Encode Inputs": "SmokeTestLayer",
    "Start Transform": "SmokeTestLayer",
    "Collect Results": "SmokeTestLayer",
    "Write Report": "ReportLayer",
    "Write Index": "ReportLayer",
}
"""The second layer of a function, in addition to the common layer."""

START = """
import sys, time
started, cpu = time.perf_counter(), time.process_time()
package, client, *sys.path[:0] = sys.argv[1:]
if package:
    __import__(f"{package}.handler")
    from workflow.aws import clients
    client and getattr(clients, client)()
print(time.perf_counter() - started, time.process_time() - cpu, len(sys.modules))
"""

ENVIRONMENT = {
    "PATH": os.defpath,
    "LC_ALL": "C.UTF-8",
    "LAMBDA_TASK_ROOT": "/var/task",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_MAX_ATTEMPTS": "1",
    "POWERTOOLS_SERVICE_NAME": "modeldrop",
    "POWERTOOLS_METRICS_NAMESPACE": "Modeldrop",
}


def measure(repeats: int = REPEATS) -> list[dict[str, Any]]:
    """Return one row for each function and each zip. The runs of the functions alternate."""
    with fresh_cloud() as (cloud, folder):
        zips = deployed_zips(cloud, folder)
        parts = {name: _unpacked(archive) for name, archive in zips.items()}
        runs: dict[str, list[tuple[float, float, int]]] = {name: [] for name in FIRST_CLIENTS}
        for _ in range(repeats):
            for name in FIRST_CLIENTS:
                runs[name].append(_minus_bare(name, _path(name, parts)))
        return [_row(name, runs[name]) for name in runs] + [
            {"function": f"({name})", "zip MB": round(archive.stat().st_size / 1e6, 2)}
            for name, archive in zips.items()
        ]


def deployed_zips(cloud: EmbeddedCloud, folder: Path) -> dict[str, Path]:
    """Download the zips that `sam package` created for the functions and for each layer."""
    resources = read_template(cloud.home / "packaged.yaml")["Resources"]
    uris = {
        "functions": resources["InspectModelFunction"]["Properties"]["CodeUri"],
        **{
            name: resources[name]["Properties"]["ContentUri"]
            for name in ("ModelPackagerLayer", *SECOND_LAYER.values())
        },
    }
    zips = {}
    for name, uri in uris.items():
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        zips[name] = folder / f"{name}.zip"
        cloud.session().client("s3").download_file(bucket, key, str(zips[name]))
    return zips


def _minus_bare(name: str, path: list[Path]) -> tuple[float, float, int]:
    """Return wall and CPU seconds without the start of Python, and the number of modules."""
    bare, full = _start("", "", []), _start(_package(name), FIRST_CLIENTS[name], path)
    return full[0] - bare[0], full[1] - bare[1], int(full[2])


def _start(package: str, client: str, path: list[Path]) -> list[float]:
    command = [_interpreter(), "-S", "-E", "-B", "-c", START, package, client, *map(str, path)]
    process = subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True, text=True)
    return [float(number) for number in process.stdout.split()]


def _interpreter() -> str:
    """Return the base interpreter of this virtual environment, without its packages."""
    return str(Path(sys.executable).resolve())


def _path(name: str, parts: dict[str, Path]) -> list[Path]:
    layers = filter(None, ("ModelPackagerLayer", SECOND_LAYER.get(name)))
    return [parts["functions"], *(parts[layer] / "python" for layer in layers)]


def _package(name: str) -> str:
    return name.lower().replace(" ", "_")


def _unpacked(archive: Path) -> Path:
    folder = archive.with_suffix("")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder


def _row(name: str, runs: list[tuple[float, float, int]]) -> dict[str, Any]:
    return {
        "function": name,
        "modules": runs[0][2],
        **spread("wall ms", [wall * 1000 for wall, _, _ in runs], 0),
        **spread("CPU ms", [cpu * 1000 for _, cpu, _ in runs], 0),
    }
