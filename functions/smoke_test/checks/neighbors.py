"""Checks that the other models of a pool still answer, and that all of them fit into memory.

SageMaker unloads the least recently used models if a new one does not fit, and loads them again
with their next request (developer guide, "How multi-model endpoints work"). So clients of a full
pool get slow responses instead of errors. The check sends requests to all models in rounds: if they
do not fit, each round loads some of them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_client.checks.answer_check import check_form
from model_client.checks.golden import check_golden
from model_client.preparation import prepare
from model_packager.error_message import Remedy
from model_packager.names.artifact import artifact_prefix
from model_packager.sagemaker.payload_fit import largest_test_request
from smoke_test.client_errors import client_errors
from smoke_test.invocation import invoke
from smoke_test.sample import read_sample
from workflow.contracts.deploy_model import SmokeTestInput
from workflow.errors import SmokeTestFailed
from workflow.pool.live_models import live_records
from workflow.settings import SmokeTestSettings

if TYPE_CHECKING:
    from model_client.preparation import Preparation
    from model_packager.stored import DeploymentRecord
    from smoke_test.time_budget import TimeBudget

ROUNDS = 3
"""The check stops after one round that loads nothing. A single slow response proves nothing."""

LOADING_MS = 500.0
"""A request that loads its model takes at least this much longer than the next request."""


def check_neighbors(event: SmokeTestInput, prepared: Preparation, budget: TimeBudget) -> list[str]:
    """Send the golden samples of the other live models, and describe what was checked.

    Args:
        event: the input of Smoke Test.
        prepared: the request of the version under test.
        budget: the time left for the smoke test.

    Raises:
        SmokeTestFailed: a neighbor fails, or the models do not fit into memory together.
    """
    pool = event.deployment.pool
    if pool is None:
        return []
    bucket = SmokeTestSettings.read().artifact_bucket
    records = [
        each
        for each in live_records(bucket, pool)
        if each.deployment.model != event.deployment.model
    ]
    if not records:
        return []
    loaded: list[str] = []
    for _ in range(ROUNDS):
        loaded = [
            each.deployment.model
            for each in records
            if _loads_again(each, event.target, bucket, budget)
        ]
        if _was_loaded(event, prepared, budget):
            loaded.append(event.deployment.model)
        if not loaded:
            return [f"the other models of the pool answer, too ({len(records)})"]
    raise SmokeTestFailed(
        f"The {len(records) + 1} models of the pool {pool} do not fit into its memory together: "
        f"SageMaker loads some of them again in each round of requests ({', '.join(loaded[:5])}).",
        "Name another pool in deploy.yaml, or retire models of this pool; then upload the model "
        "again.",
        remedy=Remedy.CORRECT_SPEC,
    )


def _loads_again(record: DeploymentRecord, target: str, bucket: str, budget: TimeBudget) -> bool:
    """Check that a neighbor answers correctly, and return whether its request loaded it.

    The target is the pool's endpoint, or its staging endpoint if the drop changes the pool.
    """
    budget.require_time_left("the other models of the pool were not all called")
    deployment, servable = record.deployment, record.servable
    smoke_test = servable.spec.smoke_test
    event = SmokeTestInput(
        deployment=deployment,
        target=target,
        signature=servable.signature,
        smoke_test=smoke_test,
        hosting_mode=servable.spec.hosting,
        has_labels=False,
        earlier_checks=(),
    )
    sample = read_sample(bucket, artifact_prefix(deployment.model, deployment.version))
    try:
        with client_errors():
            prepared = prepare(
                sample.input,
                sample.expected,
                servable.signature,
                smoke_test,
                largest_test_request(servable.spec.hosting),
            )
            answer = invoke(event, prepared.body, prepared.content_type, budget)
            check_form(answer, servable.signature, _items(prepared, event))
            check_golden(answer, prepared.expectation, servable.signature, smoke_test)
            return _is_slower(answer.milliseconds, event, prepared, budget)
    except SmokeTestFailed as error:
        raise SmokeTestFailed(
            f"The model {deployment.model} in the same pool fails now: {error.cause}",
            "Name another pool in deploy.yaml, then upload it. The pool keeps its other models.",
            remedy=Remedy.CORRECT_SPEC,
        ) from error


def _was_loaded(event: SmokeTestInput, prepared: Preparation, budget: TimeBudget) -> bool:
    with client_errors():
        answer = invoke(event, prepared.body, prepared.content_type, budget)
        return _is_slower(answer.milliseconds, event, prepared, budget)


def _is_slower(
    milliseconds: float, event: SmokeTestInput, prepared: Preparation, budget: TimeBudget
) -> bool:
    """Return whether a request was so much slower than the next one that it loaded the model."""
    following = invoke(event, prepared.body, prepared.content_type, budget).milliseconds
    return milliseconds > 2 * following + LOADING_MS


def _items(prepared: Preparation, event: SmokeTestInput) -> int:
    tensors = prepared.test_input.tensors
    return next(iter(tensors.values())).shape[0] if event.signature.max_batch_size else 1
