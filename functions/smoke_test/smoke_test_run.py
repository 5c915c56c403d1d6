"""The smoke test as a whole: what is asked, in which order, and what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_client.request import request
from smoke_test.checks.answer_check import check_answer
from smoke_test.checks.batch_check import check_batch, larger_batch
from smoke_test.checks.expectation import expect_outputs, read_expectation
from smoke_test.checks.ranked_classes import check_label
from smoke_test.checks.ranking import rank
from smoke_test.checks.repetition import check_repeated, repeated
from smoke_test.golden import check_golden
from smoke_test.invocation import invoke
from smoke_test.latency import check_latency, latency_of, limits_of
from smoke_test.load import measure_load
from smoke_test.time_budget import TimeBudget
from workflow.contracts.deploy_model import SmokeResult, SmokeTestOutput

if TYPE_CHECKING:
    from collections.abc import Collection

    from model_client.answer import Answer
    from model_client.sample_file import File
    from model_client.tensors import Tensors, TestInput
    from smoke_test.checks.expectation import Expectation
    from smoke_test.latency import Latency
    from workflow.contracts.deploy_model import Ranking, SmokeTestInput


def run_gate(given: SmokeTestInput, asked: TestInput, expected: File | None) -> SmokeTestOutput:
    """Send the requests, check each answer, and measure.

    Raises:
        SmokeTestFailed: an answer is wrong, or comes too late.
    """
    signature, smoke_test = given.signature, given.smoke_test
    expect_outputs("smoke_test.tolerances", smoke_test.tolerances, signature)
    expectation = read_expectation(expected, signature)
    budget = TimeBudget()
    first, latency = _ask_repeatedly(given, asked.tensors, expectation.not_finite, budget)
    golden = check_golden(first, expectation, signature, smoke_test)
    checks = ["names, dtypes, shapes and values of all outputs"]
    if smoke_test.deterministic and smoke_test.requests_sent > 1:
        checks.append("the same request gets the same answer")
    if expected:
        checks.append("the golden sample")
    checks += _check_batch(given, asked.tensors, first, latency, budget)
    limits = limits_of(smoke_test)
    checks += check_latency(latency, limits, f"{asked.description}, {first.request_bytes:,} bytes")
    load = smoke_test.load
    points = measure_load(given, load, asked.tensors, first, budget) if load else ()
    if load:
        checks.append(f"no error with up to {load.concurrency[-1]} clients at a time")
    smoke = SmokeResult(
        passed=True,
        request_format=smoke_test.request_format,
        input=asked.description,
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
        top=_rank(given, asked.tensors, expectation, budget) if given.has_labels else [],
        load=points,
    )
    return SmokeTestOutput(smoke=smoke, latencies_ms=latency.single)


def _ask_repeatedly(
    given: SmokeTestInput, tensors: Tensors, not_finite: Collection[str], budget: TimeBudget
) -> tuple[Answer, Latency]:
    """Judge each answer as it comes: a thousand of them would not fit the memory."""
    signature, smoke_test = given.signature, given.smoke_test
    body, content_type = request(tensors, signature, binary=smoke_test.request_format == "binary")
    items = next(iter(tensors.values())).shape[0] if signature.max_batch_size else 1
    answers = repeated(
        lambda: invoke(given.target, body, content_type),
        smoke_test.requests_sent,
        budget,
    )
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
    given: SmokeTestInput, tensors: Tensors, first: Answer, latency: Latency, budget: TimeBudget
) -> list[str]:
    signature, smoke_test = given.signature, given.smoke_test
    if signature.max_batch_size < 2:
        return []
    batch = larger_batch(tensors, signature, first.response_bytes, latency.p50, smoke_test.seed)
    if batch is None:
        return []

    def ask(tensors: Tensors) -> Answer:
        budget.expect_left("all requests are answered, and larger batches are not yet")
        body, content_type = request(tensors, signature, binary=True)
        return invoke(given.target, body, content_type)

    consistent = smoke_test.deterministic and smoke_test.batch_consistency
    return check_batch(ask, batch, signature, latency.p50, consistent=consistent)


def _rank(
    given: SmokeTestInput, tensors: Tensors, expectation: Expectation, budget: TimeBudget
) -> list[Ranking]:
    budget.expect_left("only the best classes are not asked for yet")
    top = rank(given.target, tensors, given.signature)
    check_label(expectation, given.signature, top)
    return top
