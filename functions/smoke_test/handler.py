"""Smoke Test: real requests through the runtime API, and a hard look at the answers."""

from smoke_test.gate import run_gate
from smoke_test.sample import read_sample
from smoke_test.tensors import input_of
from workflow.contracts import SmokeTestInput, SmokeTestOutput
from workflow.step import step


@step(SmokeTestInput)
def handler(given: SmokeTestInput) -> SmokeTestOutput:
    """Ask the endpoint what its sample asks, and judge the answers."""
    sample = read_sample(given.source)
    asked = input_of(sample.input, given.signature, given.smoke_test)
    smoke = run_gate(given, asked, sample.expected)
    return SmokeTestOutput(smoke=smoke)
