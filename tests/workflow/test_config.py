"""The real tritonserver accepts every kind of setting in config.pbtxt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import batched_linear, save, traced_linear

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """
max_batch_size: 8
dynamic_batching: {preferred_batch_sizes: [4, 8], max_queue_delay_microseconds: 500}
instance_group: {count: 2, kind: KIND_AUTO}
model_warmup: {data: random, batch_sizes: [1, 8], repeat: 3}
version_policy: {specific: [1]}
pytorch_backend:
  disable_optimized_execution: true
  inference_mode: true
  enable_weight_sharing: true
  inter_op_thread_count: 1
  intra_op_thread_count: 1
endpoint: {instance_count: 2}
container: {environment: {SAGEMAKER_TRITON_LOG_VERBOSE: "true"}}
"""


def test_every_setting_is_served(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model = save(traced_linear(batched_linear()), tmp_path / "model.pt")
    spec = tmp_path / "deploy.yaml"
    spec.write_text(SPEC)

    outcome = cloud.drop(name, model, spec=spec)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    assert content_of(outcome)["smoke"]["passed"]
    log = container_log(cloud, name)
    for copy in ("0_0", "0_1"):
        for size in (1, 8):
            assert (
                f"{name}_{copy} is running warmup sample 'batch of {size}' for iteration 3" in log
            )
    sagemaker = cloud.client("sagemaker")
    live = sagemaker.describe_endpoint(EndpointName=cloud.endpoint(name))["EndpointConfigName"]
    variant = sagemaker.describe_endpoint_config(EndpointConfigName=live)["ProductionVariants"][0]
    assert variant["InitialInstanceCount"] == 2
    assert variant["InferenceAmiVersion"] == "al2023-ami-sagemaker-inference-gpu-4-1"


def container_log(cloud: Cloud, name: str) -> str:
    logs = cloud.client("logs")
    group = f"/aws/sagemaker/Endpoints/{cloud.endpoint(name)}"
    stream = logs.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"]
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, logStreamNames=[stream]
    )
    return "\n".join(event["message"] for page in pages for event in page["events"])
