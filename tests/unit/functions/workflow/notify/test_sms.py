from __future__ import annotations

import string

from hypothesis import given

from tests.unit.functions.workflow.messages import HOSTILE, hostile, sample
from workflow.notify.sms import SMS_LIMIT, sms_text

GSM = set(string.ascii_letters + string.digits + " !\"#$%&'()*+,-./:;<=>?@_")
"""The characters in both GSM 03.38's basic table and ASCII (3GPP TS 23.038, 6.2.1)."""


def test_headline_and_cause() -> None:
    assert sms_text(sample()) == "FAILED: resnet failed at Smoke Test: It is wrong."


def test_characters_outside_gsm_are_replaced() -> None:
    assert sms_text(sample(headline="x", summary="`[1, 2]` {a|b} Käse")) == (
        "FAILED: x: '(1, 2)' (a-b) K?se"
    )


@given(hostile, hostile)
def test_any_text_fits_one_sms(headline: str, summary: str) -> None:
    text = sms_text(sample(headline=headline, summary=summary))
    assert len("Modeldrop> " + text) <= 140 >= SMS_LIMIT
    assert set(text) <= GSM


def test_long_cause_is_truncated() -> None:
    text = sms_text(sample(headline="x", summary="word " * 100))
    assert text.endswith("word...")
    assert len(sms_text(sample(summary=HOSTILE))) <= SMS_LIMIT
