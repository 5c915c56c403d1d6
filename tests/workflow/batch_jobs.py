"""Runs batch jobs of a model that returns the mean of pictures with 8 x 8 pixels.

The model rejects requests with a value above 700.
"""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from model_packager.names.batch import BATCH_READY, BATCH_RESULTS, is_batch_run_of
from modeldrop.dropping.drop import Dropped
from modeldrop.executions.following import find_execution, first_executions
from tests.workflow.drops import summary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.topic_queue import TopicQueue
    from tests.workflow.drops import Cloud

SPEC = """\
max_batch_size: 4
inputs: [{name: x, dtype: FP32, dims: [3, 8, 8]}]
outputs: [{name: y, dtype: FP32, dims: [1]}]
model_warmup: false
smoke_test: {requests: 1, picture: {resize: 8, crop: 8, mean: [0, 0, 0], std: [1, 1, 1]}}
"""
MODEL = """\
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            x = pb_utils.get_input_tensor_by_name(request, "x").as_numpy()
            if (x > 700).any():
                error = pb_utils.TritonError("a value above 700")
                responses.append(pb_utils.InferenceResponse(output_tensors=[], error=error))
                continue
            mean = x.mean(axis=(1, 2, 3)).reshape(-1, 1).astype("float32")
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("y", mean)]))
        return responses
"""


@dataclass(frozen=True)
class Jobs:
    """The batch jobs of one live model."""

    cloud: Cloud
    model: str

    @property
    def bucket(self) -> str:
        return self.cloud.embedded.output("DropBucketName")

    @property
    def endpoint(self) -> str:
        """The name of the model's endpoint, which is also the prefix of its jobs' names."""
        return self.cloud.endpoint(self.model)

    def upload(self, job: str, files: Mapping[str, bytes]) -> None:
        s3 = self.cloud.client("s3")

        def put(name: str) -> None:
            s3.put_object(Bucket=self.bucket, Key=self.key(job, name), Body=files[name])

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(put, files))

    def key(self, job: str, name: str) -> str:
        return f"{self.model}/batch/{job}/{name}"

    def start(self, job: str) -> str:
        """Upload `_READY`, and return the ARN of the execution that it starts."""
        stepfunctions = self.cloud.client("stepfunctions")
        machine = self.cloud.embedded.output("BatchTransformStateMachineArn")
        earlier = first_executions(stepfunctions, machine)
        key = self.key(job, BATCH_READY)
        s3 = self.cloud.client("s3")
        s3.put_object(Bucket=self.bucket, Key=key, Body=b"")
        ready = Dropped.read(s3, self.bucket, key)
        return find_execution(stepfunctions, machine, ready, earlier=earlier)

    def run(self, job: str, queue: TopicQueue) -> dict[str, Any]:
        """Run the job to its end, and return its notification."""
        arn = self.start(job)
        self.cloud.executions.ended(arn)
        return queue.wait_for(arn).content

    def result(self, job: str, name: str) -> bytes:
        key = self.key(job, BATCH_RESULTS + name)
        body: bytes = self.cloud.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def results(self, job: str) -> dict[str, str]:
        """Return the ETag of each result, by name."""
        prefix = self.key(job, BATCH_RESULTS)
        pages = self.cloud.client("s3").get_paginator("list_objects_v2")
        return {
            each["Key"].removeprefix(prefix): each["ETag"]
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix)
            for each in page.get("Contents", [])
        }

    def models_of_runs(self) -> list[str]:
        """Return the SageMaker models of batch jobs that are left."""
        listed = self.cloud.client("sagemaker").list_models(MaxResults=100)["Models"]
        names = [each["ModelName"] for each in listed]
        return [name for name in names if is_batch_run_of(name, self.endpoint)]

    def remove_models_of_runs(self) -> None:
        """Delete the SageMaker models of batch jobs, as `modeldrop orphans --delete` does."""
        for name in self.models_of_runs():
            self.cloud.client("sagemaker").delete_model(ModelName=name)

    def running_transforms(self) -> list[str]:
        """Return the transform jobs that are InProgress, not Stopping."""
        listed = self.cloud.client("sagemaker").list_transform_jobs(StatusEquals="InProgress")
        return [each["TransformJobName"] for each in listed["TransformJobSummaries"]]


def jobs_of_live_model(cloud: Cloud, name: str, folder: Path) -> Jobs:
    """Deploy a model under this name, and return its batch jobs."""
    model, spec = folder / "model.py", folder / "deploy.yaml"
    model.write_text(MODEL)
    spec.write_text(SPEC)
    outcome = cloud.drop(name, model, spec)
    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    return Jobs(cloud, name)


def npy(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def png(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (value, value, value)).save(buffer, "PNG")
    return buffer.getvalue()
