"""A manual deployment compared with a drop.

Manual means this sequence: `tar -czf`, an upload, CreateModel, CreateEndpointConfig,
CreateEndpoint, a loop that sleeps 60 s until the endpoint is InService, then one request in JSON
and one in binary. Both use the same embedded cloud, model and simulated provisioning time. The
stack has the template's defaults, so it polls as on AWS. The time to think, to type and to write
config.pbtxt is not included.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tritonclient.http import InferenceServerClient, InferInput

from benchmarks.deployment import deploy, fresh_cloud
from benchmarks.sample_model import save_model
from model_packager.inspection import inspect_model
from model_packager.repository.layout import config_path, model_path
from model_packager.sagemaker.triton_image import image_uri
from modeldrop.local.sagemaker.faults import EndpointFault, FaultsClient

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import boto3

    from modeldrop.local.cloud_state import EmbeddedCloud

MEGABYTES = 100
PROVISIONING_SECONDS = (70, 100, 130)
"""The simulated provisioning times, which are shorter than on AWS. Each ends at a different point
between two manual polls."""

SLEEP_SECONDS = 60
INSTANCE_TYPE, RELEASE, REGION = "ml.g4dn.xlarge", "26.05", "us-east-1"
ROLE = "arn:aws:iam::000000000000:role/by-hand"


def measure(
    megabytes: int = MEGABYTES, provisioning_seconds: Sequence[int] = PROVISIONING_SECONDS
) -> list[dict[str, Any]]:
    """Return two rows for each provisioning time: seconds from the file to a verified endpoint.

    In the first drop, the functions are cold.
    """
    with fresh_cloud({}) as (cloud, folder):
        model = save_model(folder / "model.pt", megabytes)
        return [
            row
            for seconds in provisioning_seconds
            for row in _compared(cloud, model, folder, seconds)
        ]


def _compared(
    cloud: EmbeddedCloud, model: Path, folder: Path, provisioning_seconds: int
) -> list[dict[str, Any]]:
    faults, name = FaultsClient(cloud.sagemaker_url, cloud.owner), f"by-hand-{provisioning_seconds}"
    faults.add(EndpointFault(kind="slow_start", seconds=provisioning_seconds, times=None))
    methods: dict[str, Callable[[], object]] = {
        "manual": lambda: deploy_manually(cloud, model, folder / name),
        "modeldrop": lambda: deploy(cloud, f"dropped-{provisioning_seconds}", model),
    }
    seconds = {method: _timed(deployment) for method, deployment in methods.items()}
    faults.clear()
    return [
        {
            "provisioning s": provisioning_seconds,
            "method": method,
            "s": round(duration, 1),
            "overhead s": round(duration - provisioning_seconds, 1),
            "ratio to modeldrop": round(duration / seconds["modeldrop"], 2),
        }
        for method, duration in seconds.items()
    ]


def deploy_manually(cloud: EmbeddedCloud, model: Path, folder: Path) -> None:
    """Deploy the model under the folder's name."""
    session, name = cloud.session(), folder.name
    with model.open("rb") as file:
        inspection = inspect_model(
            file, name, spec=None, labels=None, instance_type=INSTANCE_TYPE, release=RELEASE
        )
    archive = _packed(model, inspection.config_pbtxt, folder)
    bucket = cloud.output("ArtifactBucketName")
    session.client("s3").upload_file(str(archive), bucket, f"{name}/model.tar.gz")
    sagemaker: Any = session.client("sagemaker")

    def status() -> str:
        return str(sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"])

    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": image_uri(REGION, RELEASE, gpu=True),
            "ModelDataUrl": f"s3://{bucket}/{name}/model.tar.gz",
            "Environment": {"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": name},
        },
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": name,
                "InstanceType": INSTANCE_TYPE,
                "InitialInstanceCount": 1,
            }
        ],
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    while (state := status()) == "Creating":
        time.sleep(SLEEP_SECONDS)
    if state != "InService":
        raise RuntimeError(f"The endpoint {name} is {state}.")
    _invoke(session, name, inspection.signature.inputs[0].name)


def _packed(model: Path, config_pbtxt: str, folder: Path) -> Path:
    model_link = folder / model_path(folder.name)
    model_link.parent.mkdir(parents=True)
    model_link.symlink_to(model)
    (folder / config_path(folder.name)).write_text(config_pbtxt)
    archive = folder / "model.tar.gz"
    subprocess.run(["tar", "-czhf", archive, "-C", folder, folder.name], check=True)
    return archive


def _invoke(session: boto3.Session, endpoint: str, name: str) -> None:
    runtime = session.client("sagemaker-runtime")
    tensor = InferInput(name, [1, 4], "FP32")
    array = np.ones((1, 4), np.float32)
    in_json = {
        "inputs": [
            {"name": name, "shape": [1, 4], "datatype": "FP32", "data": array.ravel().tolist()}
        ]
    }
    runtime.invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body=json.dumps(in_json).encode()
    )
    tensor.set_data_from_numpy(array)
    body, header = InferenceServerClient.generate_request_body([tensor])
    runtime.invoke_endpoint(
        EndpointName=endpoint,
        ContentType=f"application/vnd.sagemaker-triton.binary+json;json-header-size={header}",
        Body=body,
    )


def _timed(deployment: Callable[[], object]) -> float:
    start = time.perf_counter()
    deployment()
    return time.perf_counter() - start
