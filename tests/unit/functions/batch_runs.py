"""A run of a batch job with inputs, plan and contracts, for the tests of the states."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from model_packager.names.batch import batch_run, batch_run_name, batch_work_prefix
from model_packager.sagemaker.hosting import Hosting
from tests.unit.functions.deployment_records import PACKAGE
from tests.unit.functions.samples import (
    ARTIFACTS,
    DROPS,
    ENDPOINT,
    EXECUTION,
    HOSTING,
    SERVABLE,
    VERSION,
    signature,
    source,
)
from workflow.aws.clients import s3
from workflow.batch.documents import BatchPlan, InputFile, write_plan
from workflow.contracts.batch_transform import Batch

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "team/resnet/batch/monday/"
READY = source("d41d8cd98f00b204e9800998ecf8427e", f"{FOLDER}_READY")
ORDER = "0055AED6DCD90281E5"
RUN = batch_run(DROPS, READY.key, READY.etag, ORDER)
NAME = batch_run_name(ENDPOINT, RUN)
WORK = batch_work_prefix(RUN)
CPU_HOSTING: Hosting = HOSTING.model_copy(
    update={"instance_type": "ml.m5.xlarge", "image": f"{HOSTING.image}-cpu"}
)


def batch(inputs: int) -> Batch:
    return Batch(
        model="resnet",
        version=VERSION,
        number=4,
        job="monday",
        folder=FOLDER,
        run=RUN,
        name=NAME,
        inputs=inputs,
    )


def upload(files: Mapping[str, bytes], **plan: Any) -> Batch:
    """Put the inputs into the drop bucket, and write the plan of the run."""
    inputs = []
    for name, content in files.items():
        etag = s3().put_object(Bucket=DROPS, Key=FOLDER + name, Body=content)["ETag"]
        inputs.append(InputFile(name=name, size=len(content), etag=etag.strip('"')))
    values = {
        "inputs": tuple(inputs),
        "servable": SERVABLE.model_copy(update={"signature": signature()}),
        "hosting": CPU_HOSTING,
        "artifact_uri": PACKAGE.artifact_uri,
        "version": VERSION,
    }
    write_plan(ARTIFACTS, RUN, BatchPlan.model_validate(values | plan))
    return batch(len(inputs))


def event(run: Batch, **fields: Any) -> dict[str, Any]:
    """Return the input of a state in the run."""
    return {"batch": run.model_dump(), "execution_arn": EXECUTION} | fields


def respond(name: str, scores: list[list[float]]) -> None:
    """Store the response to a request like a transform job."""
    array = np.array(scores, np.float32)
    header = {
        "model_name": "resnet",
        "outputs": [
            {
                "name": "OUTPUT__0",
                "datatype": "FP32",
                "shape": list(array.shape),
                "parameters": {"binary_data_size": array.nbytes},
            }
        ],
    }
    body = json.dumps(header).encode() + array.tobytes()
    s3().put_object(Bucket=ARTIFACTS, Key=f"{WORK}outputs/{name}.out", Body=body)


def keys(bucket: str, prefix: str) -> list[str]:
    """Return the keys under a prefix, without the prefix."""
    listed = s3().list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return [each["Key"].removeprefix(prefix) for each in listed]
