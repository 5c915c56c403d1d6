from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.functions.workflow.letters import HOSTILE, hostile, letter
from workflow.contracts.base import Contract
from workflow.notify.email import SUBJECT_LIMIT, WIDTH, mail, subject, words
from workflow.notify.sms import sms

SNS_LIMIT = 256 * 1024


class Content(Contract):
    cause: str
    removed: list[str]
    shortened: list[str]


def published(text: str, short: str) -> int:
    """The bytes that SNS is sent."""
    return len(json.dumps({"default": text, "sms": short}, ensure_ascii=False).encode())


@given(hostile)
def test_any_subject_is_one_that_sns_takes(headline: str) -> None:
    line = subject(letter(headline=headline))
    assert line.startswith("FAILED: ")
    assert len(line) <= SUBJECT_LIMIT < 100
    assert line.isascii()
    assert line.isprintable()


@given(hostile, hostile)
def test_lines_are_no_wider_than_a_mail_program_likes(sentence: str, advice: str) -> None:
    text = words(letter(sentence=sentence, advice=advice, happened=(advice,), commands=()))
    for line in text.splitlines():
        wide = len(line) > WIDTH
        assert not wide or len(line.strip("- ").split()) == 1 or "https://" in line


@given(hostile)
def test_text_of_others_makes_no_lines_of_its_own(text: str) -> None:
    told = mail(letter(sentence=text), Content(cause=text, removed=[], shortened=[]))
    first, _, rest = told.partition("\n\n")
    assert " ".join(first.split()) == first.replace("\n", " ")
    assert rest.startswith("What happened:\n- It failed.\n\n")
    assert set(told) - {"\n"} == {each for each in told if each.isprintable()}


def test_json_is_found_behind_the_last_empty_line_whatever_the_cause_is() -> None:
    content = Content(cause=HOSTILE.replace("endless", ""), removed=[], shortened=[])
    told = mail(letter(sentence=HOSTILE, happened=(HOSTILE,)), content)
    assert json.loads(told[told.rindex("\n\n{") :]) == content.model_dump()


@settings(deadline=None)
@given(st.sampled_from(["x", "\\", '"', "\n", "\N{CAT}", "ä"]))
def test_longest_message_is_one_that_sns_takes(each: str) -> None:
    long = each * 300_000
    told = mail(
        letter(sentence=f"a {long}", advice=long, happened=(long, f"{each * 290} " * 900) * 50),
        Content(cause=long, removed=[each * 9000] * 100, shortened=[]),
    )
    assert published(told, sms(letter(headline=long, brief=long))) < SNS_LIMIT * 0.9
    assert json.loads(told[told.rindex("\n\n{") :])["shortened"] == ["cause", "removed"]


def test_many_lines_are_counted() -> None:
    text = words(letter(happened=tuple(f"Line {number}." for number in range(30))))
    assert "- Line 11.\n- ... and 18 more, in the JSON below.\n" in text


def test_report_stands_after_the_first_sentence() -> None:
    text = words(letter(report="https://example.com/report.html"))
    assert text.split("\n\n")[1] == "Report: https://example.com/report.html"


def test_command_stands_on_a_line_of_its_own() -> None:
    long = "aws s3 cp " + "s3://drops/a/model.pt " * 9
    assert f"\n    {long}\n" in words(letter(commands=(long,)))


def test_endpoint_that_is_gone_is_not_linked() -> None:
    assert "    Endpoint: https://" in words(letter())
    assert "Endpoint: " not in words(letter(standing=False))
