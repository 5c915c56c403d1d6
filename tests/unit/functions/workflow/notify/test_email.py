from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_packager.aws_limits import MESSAGE_BYTES, SUBJECT
from tests.unit.functions.workflow.messages import hostile, sample
from workflow.contracts.base import Contract
from workflow.notify.email import WIDTH, email_text, subject
from workflow.notify.message import UNKNOWN, LiveState
from workflow.notify.message_size import bounded_content
from workflow.notify.sms import sms_text


class Content(Contract):
    cause: str
    removed: list[str]
    shortened: list[str]


def published_bytes(content: dict[str, Any], text: str, short: str) -> int:
    """Return the size of the SNS message in bytes.

    The limit is for the texts of all protocols together.
    """
    parts = {"default": json.dumps(content), "email": text, "sms": short}
    return len(json.dumps(parts, ensure_ascii=False).encode())


@given(hostile)
def test_any_subject_fits_sns(headline: str) -> None:
    line = subject(sample(headline=headline))
    assert line.startswith("FAILED: ")
    assert len(line) <= SUBJECT.value
    assert line.isascii()
    assert line.isprintable()


@given(hostile, hostile)
def test_lines_fit_a_mail_program(sentence: str, advice: str) -> None:
    text = email_text(sample(sentence=sentence, advice=advice, events=(advice,), commands=()))
    for line in text.splitlines():
        wide = len(line) > WIDTH
        assert not wide or len(line.strip("- ").split()) == 1 or "https://" in line


def test_command_for_an_unknown_live_version_is_that_of_the_stack() -> None:
    arn = "arn:aws:states:us-east-1:123456789012:execution:models-eu-deploy-model:drop"
    message = sample(execution_arn=arn, live=LiveState(UNKNOWN), commands=())
    text = " ".join(email_text(message).split())
    assert "is unknown. To see it: modeldrop status --stack models-eu" in text


@given(hostile)
def test_external_text_adds_no_lines(text: str) -> None:
    body = email_text(sample(sentence=text))
    first, _, rest = body.partition("\n\n")
    assert " ".join(first.split()) == first.replace("\n", " ")
    assert rest.startswith("What happened:\n- It failed.\n\n")
    assert set(body) - {"\n"} == {each for each in body if each.isprintable()}


@pytest.mark.slow
@given(st.sampled_from(["x", "\\", '"', "\n", "\N{CAT}", "ä"]))
def test_longest_message_fits_sns(each: str) -> None:
    long = each * 300_000
    text = email_text(
        sample(sentence=f"a {long}", advice=long, events=(long, f"{each * 290} " * 900) * 50)
    )
    content = bounded_content(Content(cause=long, removed=[each * 9000] * 100, shortened=[]))
    sms = sms_text(sample(headline=long, summary=long))
    assert published_bytes(content, text, sms) < MESSAGE_BYTES.value * 0.9
    assert content["shortened"] == ["cause", "removed"]


def test_omitted_lines_are_counted() -> None:
    text = email_text(sample(events=tuple(f"Line {number}." for number in range(30))))
    assert "- Line 11.\n- ... and 18 more, in the execution's output.\n" in text


def test_report_follows_the_first_sentence() -> None:
    text = email_text(sample(report="https://example.com/report.html"))
    assert text.split("\n\n")[1] == "Report: https://example.com/report.html"


def test_command_has_its_own_line() -> None:
    long = "aws s3 cp " + "s3://drops/a/model.pt " * 9
    assert f"\n    {long}\n" in email_text(sample(commands=(long,)))


def test_deleted_endpoint_is_not_linked() -> None:
    assert "    Endpoint: https://" in email_text(sample())
    assert "Endpoint: " not in email_text(sample(endpoint_exists=False))
