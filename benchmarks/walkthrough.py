"""The walk-through of the article that Modeldrop grew out of, by hand, against a drop.

By hand means its sequence of calls: `tar -czf`, an upload, CreateModel, CreateEndpointConfig,
CreateEndpoint, a loop that sleeps 60 s until the endpoint is InService, then one request in JSON
and one in binary. Both ways have the same embedded cloud, model and provisioning time, which is
simulated. The stack has the template's own defaults, so it polls as it does on AWS. What the hand
needs to think and to type is not in it, and config.pbtxt is given to it.
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
from model_packager.repository import config_path, model_path
from model_packager.triton_image import image_uri
from modeldrop.local.sagemaker.faults import EndpointFault, FaultsClient

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3

    from modeldrop.local.cloud import EmbeddedCloud

MEGABYTES = 100
PROVISIONING_SECONDS = 100
"""Less than an instance takes on AWS (minutes), so that both ways together stay below five."""

SLEEP_SECONDS = 60
NAME = "by-hand"
INSTANCE_TYPE, RELEASE, REGION = "ml.g4dn.xlarge", "26.05", "us-east-1"
ROLE = "arn:aws:iam::000000000000:role/by-hand"


def measure(
    megabytes: int = MEGABYTES, provisioning_seconds: int = PROVISIONING_SECONDS
) -> list[dict[str, Any]]:
    """Give a row for each way: the seconds from the model's file to a verified endpoint."""
    with fresh_cloud({}) as (cloud, folder):
        FaultsClient(cloud.sagemaker_url).add(
            EndpointFault(conduct="slow_start", seconds=provisioning_seconds, times=None)
        )
        model = save_model(folder / "model.pt", megabytes)
        ways: dict[str, Callable[[], object]] = {
            "by hand": lambda: by_hand(cloud, model, folder / NAME),
            "modeldrop": lambda: deploy(cloud, "dropped", model),
        }
        seconds = {way: _timed(walk) for way, walk in ways.items()}
    return [
        {
            "way": way,
            "seconds": round(took, 1),
            "over provisioning s": round(took - provisioning_seconds, 1),
            "times modeldrop": round(took / seconds["modeldrop"], 2),
        }
        for way, took in seconds.items()
    ]


def by_hand(cloud: EmbeddedCloud, model: Path, folder: Path) -> None:
    """Walk through it."""
    session = cloud.session()
    with model.open("rb") as file:
        found = inspect_model(
            file, NAME, spec=None, labels=None, instance_type=INSTANCE_TYPE, release=RELEASE
        )
    archive = _packed(model, found.config_pbtxt, folder)
    bucket = cloud.output("ArtifactBucketName")
    session.client("s3").upload_file(str(archive), bucket, f"{NAME}/model.tar.gz")
    sagemaker: Any = session.client("sagemaker")

    def status() -> str:
        return str(sagemaker.describe_endpoint(EndpointName=NAME)["EndpointStatus"])

    sagemaker.create_model(
        ModelName=NAME,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": image_uri(REGION, RELEASE, gpu=True),
            "ModelDataUrl": f"s3://{bucket}/{NAME}/model.tar.gz",
            "Environment": {"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": NAME},
        },
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName=NAME,
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": NAME,
                "InstanceType": INSTANCE_TYPE,
                "InitialInstanceCount": 1,
            }
        ],
    )
    sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    while (reached := status()) == "Creating":
        time.sleep(SLEEP_SECONDS)
    if reached != "InService":
        raise RuntimeError(f"The endpoint {NAME} is {reached}.")
    _ask(session, found.signature.inputs[0].name)


def _packed(model: Path, config_pbtxt: str, folder: Path) -> Path:
    place = folder / model_path(NAME)
    place.parent.mkdir(parents=True)
    place.symlink_to(model)
    (folder / config_path(NAME)).write_text(config_pbtxt)
    archive = folder / "model.tar.gz"
    subprocess.run(["tar", "-czhf", archive, "-C", folder, NAME], check=True)
    return archive


def _ask(session: boto3.Session, name: str) -> None:
    runtime = session.client("sagemaker-runtime")
    tensor = InferInput(name, [1, 4], "FP32")
    given = np.ones((1, 4), np.float32)
    in_json = {
        "inputs": [
            {"name": name, "shape": [1, 4], "datatype": "FP32", "data": given.ravel().tolist()}
        ]
    }
    runtime.invoke_endpoint(
        EndpointName=NAME, ContentType="application/json", Body=json.dumps(in_json).encode()
    )
    tensor.set_data_from_numpy(given)
    body, header = InferenceServerClient.generate_request_body([tensor])
    runtime.invoke_endpoint(
        EndpointName=NAME,
        ContentType=f"application/vnd.sagemaker-triton.binary+json;json-header-size={header}",
        Body=body,
    )


def _timed(walk: Callable[[], object]) -> float:
    begun = time.perf_counter()
    walk()
    return time.perf_counter() - begun
