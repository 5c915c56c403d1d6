from __future__ import annotations

import string

from hypothesis import given

from tests.unit.functions.workflow.letters import HOSTILE, hostile, letter
from workflow.notify.sms import SMS_LIMIT, sms

GSM = set(string.ascii_letters + string.digits + " !\"#$%&'()*+,-./:;<=>?@_")
"""What GSM 03.38's basic table and ASCII have in common (3GPP TS 23.038, 6.2.1)."""


def test_says_what_and_why() -> None:
    assert sms(letter()) == "FAILED: resnet failed at Smoke Test: It is wrong."


def test_letters_that_telephones_lack_are_written_otherwise() -> None:
    assert sms(letter(headline="x", brief="`[1, 2]` {a|b} Käse")) == (
        "FAILED: x: '(1, 2)' (a-b) K?se"
    )


@given(hostile, hostile)
def test_any_text_is_one_sms(headline: str, brief: str) -> None:
    text = sms(letter(headline=headline, brief=brief))
    assert len("Modeldrop> " + text) <= 140 >= SMS_LIMIT
    assert set(text) <= GSM


def test_long_cause_is_cut() -> None:
    text = sms(letter(headline="x", brief="word " * 100))
    assert text.endswith("word...")
    assert len(sms(letter(brief=HOSTILE))) <= SMS_LIMIT
