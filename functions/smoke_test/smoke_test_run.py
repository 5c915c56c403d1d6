"""The smoke test as a whole: its requests and checks in order, and its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_client.checks.answer_check import check_answer
from model_client.checks.batch_check import CLIENTS, check_batch, larger_batch
from model_client.checks.golden import check_golden
from model_client.checks.random_data import random_data_named
from model_client.checks.ranked_classes import check_label
from model_client.request import request
from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.sagemaker.payload_fit import largest_test_request
from model_packager.stored import SmokeResult
from smoke_test.checks.neighbors import check_neighbors
from smoke_test.checks.ranking import rank
from smoke_test.checks.repetition import check_repeated, repeated
from smoke_test.invocation import invoke
from smoke_test.latency import check_latency, latency_of, limits_of
from smoke_test.load import measure_load
from smoke_test.time_budget import TimeBudget, budget_seconds
from workflow.contracts.deploy_model import SmokeTestOutput

if TYPE_CHECKING:
    from model_client.expectation import Expectation
    from model_client.preparation import Preparation
    from model_client.response import Response
    from model_client.tensors import Tensors
    from model_packager.stored import Ranking
    from smoke_test.latency import Latency
    from workflow.contracts.deploy_model import SmokeTestInput


def run_smoke_test(event: SmokeTestInput, prepared: Preparation) -> SmokeTestOutput:
    """Send the requests, check each response, and measure.

    Raises:
        SmokeTestFailed: a response is wrong or late.
    """
    signature, smoke_test = event.signature, event.smoke_test
    test_input, expectation = prepared.test_input, prepared.expectation
    budget = TimeBudget(budget_seconds(event.hosting_mode))
    first, latency = _send_repeatedly(event, prepared, budget)
    golden = check_golden(first, expectation, signature, smoke_test)
    checks = [*event.earlier_checks, "names, dtypes, shapes and values of all outputs"]
    if smoke_test.deterministic and smoke_test.requests_sent > 1:
        checks.append("repeated requests get the same output")
    if signature.sequences:
        checks.append("each request is a sequence of its own")
    if expectation.has_file:
        checks.append("the golden sample")
    checks += _check_batch(event, test_input.tensors, first, latency, budget)
    limits = limits_of(smoke_test)
    checks += check_latency(
        latency, limits, f"{test_input.description}, {first.request_bytes:,} bytes"
    )
    load = smoke_test.load
    points = measure_load(event, load, test_input.tensors, first, budget) if load else ()
    if load:
        checks.append(f"no errors with up to {load.concurrency[-1]} concurrent clients")
    checks += check_neighbors(event, prepared, budget)
    smoke = SmokeResult(
        passed=True,
        request_format=smoke_test.request_format,
        input=test_input.description,
        requests=smoke_test.requests_sent,
        first_ms=latency.first,
        p50_ms=latency.p50,
        p95_ms=latency.p95,
        limits=limits,
        request_bytes=first.request_bytes,
        response_bytes=first.response_bytes,
        output_shapes={output["name"]: output["shape"] for output in first.outputs()},
        golden=golden,
        checks=checks,
        top=_rank(event, test_input.tensors, expectation, budget) if event.has_labels else [],
        load=points,
    )
    return SmokeTestOutput(smoke=smoke, latencies_ms=latency.samples)


def _send_repeatedly(
    event: SmokeTestInput, prepared: Preparation, budget: TimeBudget
) -> tuple[Response, Latency]:
    """Check each response on arrival: a thousand of them would not fit into memory."""
    signature, smoke_test = event.signature, event.smoke_test
    tensors, not_finite = prepared.test_input.tensors, prepared.expectation.not_finite
    items = next(iter(tensors.values())).shape[0] if signature.max_batch_size else 1
    answers = repeated(
        lambda: invoke(event, prepared.body, prepared.content_type, budget),
        smoke_test.requests_sent,
        budget,
    )
    with random_data_named(prepared.test_input, signature):
        first = next(answers)
        check_answer(first, signature, items, not_finite)
    milliseconds = [first.milliseconds]
    for number, answer in enumerate(answers, 2):
        check_answer(answer, signature, items, not_finite)
        if smoke_test.deterministic:
            check_repeated(answer, first, signature, number)
        milliseconds.append(answer.milliseconds)
    return first, latency_of(milliseconds)


def _check_batch(
    event: SmokeTestInput, tensors: Tensors, first: Response, latency: Latency, budget: TimeBudget
) -> list[str]:
    signature, smoke_test = event.signature, event.smoke_test
    if signature.max_batch_size < 2 or signature.sequences:
        return []
    batch = larger_batch(
        tensors,
        signature,
        first.response_bytes,
        latency.p50,
        smoke_test.seed,
        request_limit=min(INVOCATION_BYTES.value, largest_test_request(event.hosting_mode)),
    )
    if batch is None:
        return []

    def send(tensors: Tensors) -> Response:
        budget.require_time_left("all requests were answered, but no larger batch was sent")
        body, content_type = request(tensors, signature, binary=True)
        return invoke(event, body, content_type, budget)

    consistent = smoke_test.deterministic and smoke_test.batch_consistency
    most = event.hosting_mode.max_concurrency or CLIENTS
    return check_batch(
        send, batch, signature, latency.p50, consistent=consistent, most_clients=most
    )


def _rank(
    event: SmokeTestInput, tensors: Tensors, expectation: Expectation, budget: TimeBudget
) -> list[Ranking]:
    budget.require_time_left("only the top classes were not requested")
    top = rank(event, tensors, budget)
    check_label(expectation, event.signature, top)
    return top
