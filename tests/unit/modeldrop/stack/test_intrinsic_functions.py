from __future__ import annotations

from typing import Any

import pytest

from modeldrop.stack.intrinsic_functions import Known, listed, resolve

KNOWN: Known = {
    "Types": ["x", "y"],
    "Ids": "a,b",
    "Bucket.Arn": "arn:b",
    "AWS::Region": "us-east-1",
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ({"Ref": "Ids"}, "a,b"),
        ({"Ref": "Types"}, ["x", "y"]),
        ({"Fn::Join": ["/", {"Ref": "Types"}]}, "x/y"),
        ({"Fn::GetAtt": "Bucket.Arn"}, "arn:b"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:b"),
        ({"Fn::Sub": "${Bucket.Arn}/*"}, "arn:b/*"),
        ({"Fn::Sub": ["${X}-${AWS::Region}", {"X": {"Ref": "Ids"}}]}, "a,b-us-east-1"),
        ({"Fn::Split": [",", {"Ref": "Ids"}]}, ["a", "b"]),
        ({"Fn::Join": ["/", {"Fn::Split": [",", {"Ref": "Ids"}]}]}, "a/b"),
        (["x", {"Ref": "Ids"}], ["x", "a,b"]),
    ],
)
def test_value_of_a_function(value: Any, expected: Any) -> None:
    assert resolve(value, KNOWN) == expected


@pytest.mark.parametrize("value", [{"Ref": "Nothing"}, {"Fn::Select": [0, ["a"]]}])
def test_unknown_name_or_function(value: Any) -> None:
    with pytest.raises(KeyError):
        listed(value, KNOWN)
