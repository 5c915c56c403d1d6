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
from smoke_test.checks.progress import Progress
from smoke_test.checks.ranking import rank
from smoke_test.checks.repetition import check_repeated, repeated
from smoke_test.invocation import invoke
from smoke_test.latency import check_latency, latency_of, limits_of
from smoke_test.load import measure_load
from smoke_test.time_budget import TimeBudget, budget_seconds
from workflow.contracts.deploy_model import SmokeTestOutput

if TYPE_CHECKING:
    from model_client.arrays import Tensors
    from model_client.expectation import Expectation
    from model_client.preparation import Preparation
    from model_client.response import Response
    from model_packager.stored import Ranking
    from smoke_test.latency import Latency
    from workflow.contracts.deploy_model import SmokeTestInput


OUTPUTS = "names, dtypes, shapes and values of all outputs"
REPEATED = "repeated requests get the same output"
GOLDEN = "the golden sample"


def run_smoke_test(event: SmokeTestInput, prepared: Preparation) -> SmokeTestOutput:
    """Send the requests, check each response, and measure.

    Raises:
        SmokeTestFailed: a response is wrong or late.
    """
    signature, smoke_test = event.signature, event.smoke_test
    test_input, expectation = prepared.test_input, prepared.expectation
    budget = TimeBudget(budget_seconds(event.hosting_mode))
    progress = Progress(event.earlier_checks)
    first, latency = _send_repeatedly(event, prepared, budget, progress)
    if signature.sequences:
        progress.passed.append("each request is a sequence of its own")
    with progress.check(GOLDEN):
        golden = check_golden(first, expectation, signature, smoke_test)
        if expectation.has_file:
            progress.passed.append(GOLDEN)
    with progress.check("a larger batch"):
        progress.passed += _check_batch(event, test_input.tensors, first, latency, budget)
    limits = limits_of(smoke_test)
    with progress.check("the latency"):
        progress.passed += check_latency(
            latency, limits, f"{test_input.description}, {first.request_bytes:,} bytes"
        )
    load = smoke_test.load
    with progress.check("the load test"):
        points = measure_load(event, load, test_input.tensors, first, budget) if load else ()
        if load:
            clients = load.concurrency[-1]
            progress.passed.append(f"no errors with up to {clients} concurrent clients")
    with progress.check("the other models of the pool"):
        progress.passed += check_neighbors(event, prepared, budget)
    with progress.check("the top classes"):
        top = _rank(event, test_input.tensors, expectation, budget) if event.has_labels else []
    smoke = SmokeResult(
        passed=True,
        request_format=smoke_test.request_format,
        input=test_input.description,
        requests=latency.requests_sent,
        first_ms=latency.first,
        p50_ms=latency.statistics.p50_ms,
        p95_ms=latency.statistics.p95_ms,
        slowest_ms=latency.statistics.slowest_ms,
        limits=limits,
        request_bytes=first.request_bytes,
        response_bytes=first.response_bytes,
        output_shapes={output["name"]: output["shape"] for output in first.outputs()},
        golden=golden,
        checks=progress.passed,
        top=top,
        load=points,
    )
    return SmokeTestOutput(smoke=smoke, latencies_ms=latency.samples)


def _send_repeatedly(
    event: SmokeTestInput, prepared: Preparation, budget: TimeBudget, progress: Progress
) -> tuple[Response, Latency]:
    """Check each response on arrival, because a thousand responses would not fit into memory."""
    signature, smoke_test = event.signature, event.smoke_test
    tensors, not_finite = prepared.test_input.tensors, prepared.expectation.not_finite
    items = next(iter(tensors.values())).shape[0] if signature.max_batch_size else 1
    answers = repeated(
        lambda: invoke(event, prepared.body, prepared.content_type, budget),
        smoke_test.fewest_requests,
        smoke_test.max_requests,
        budget,
    )
    with progress.check(OUTPUTS), random_data_named(prepared.test_input, signature):
        first = next(answers)
        check_answer(first, signature, items, not_finite)
        progress.passed.append(OUTPUTS)
    milliseconds = [first.milliseconds]
    with progress.check(REPEATED):
        for number, answer in enumerate(answers, 2):
            check_answer(answer, signature, items, not_finite)
            if smoke_test.deterministic:
                check_repeated(answer, first, signature, number)
            milliseconds.append(answer.milliseconds)
    if smoke_test.deterministic and milliseconds[1:]:
        progress.passed.append(REPEATED)
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
        latency.statistics.p50_ms,
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
        send, batch, signature, latency.statistics.p50_ms, consistent=consistent, max_clients=most
    )


def _rank(
    event: SmokeTestInput, tensors: Tensors, expectation: Expectation, budget: TimeBudget
) -> list[Ranking]:
    budget.require_time_left("only the top classes were not requested")
    top = rank(event, tensors, budget)
    check_label(expectation, event.signature, top)
    return top
