from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modeldrop.errors import UsageError
from modeldrop.stack.template import (
    TEMPLATE_FILE,
    Permission,
    holds,
    parameter_defaults,
    permissions,
    read_parameters,
    read_template,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEMPLATE = """
Parameters:
  Prefix: {Type: String, Default: drop}
  Needed: {Type: String}
Conditions:
  IsNamed: !Not [!Equals [!Ref Prefix, ""]]
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Function:
    Properties:
      Policies:
        - Statement:
            - Sid: One
              Action: s3:GetObject
              Resource: !Sub "${Bucket.Arn}/${Prefix}/*"
            - !If [IsNamed, {Sid: Three, Action: a:B, Resource: !Ref Prefix}, !Ref AWS::NoValue]
  Role:
    Properties:
      Policies:
        - PolicyName: Named
          PolicyDocument:
            Statement:
              - {Sid: Two, Action: [a:B, c:D], Resource: [!GetAtt Bucket.Arn, !Ref Topic, "*"]}
"""


def test_parameters_and_permissions(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    template = read_template(file)
    assert parameter_defaults(template) == {"Prefix": "drop"}
    assert permissions(template, {"Prefix": "drop"}) == (
        Permission("Function", "One", ("s3:GetObject",), ("<Bucket.Arn>/drop/*",)),
        Permission("Function", "Three", ("a:B",), ("drop",), condition="IsNamed"),
        Permission("Role", "Two", ("a:B", "c:D"), ("<Bucket.Arn>", "<Topic>", "*")),
    )


def test_conditions_are_evaluated(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    template = read_template(file)
    assert holds(template, "", {})
    assert holds(template, "IsNamed", {"Prefix": "drop"})
    assert not holds(template, "IsNamed", {"Prefix": ""})


@pytest.mark.parametrize("content", [TEMPLATE, TEMPLATE_FILE.read_text(), "Resources: {}\n"])
def test_parameters_are_read_without_the_rest(tmp_path: Path, content: str) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(content)
    assert read_parameters(file) == {"Parameters": read_template(file).get("Parameters", {})}


@pytest.mark.parametrize("read", [read_parameters, read_template])
def test_missing_source_tree_is_reported(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(UsageError, match="needs a clone"):
        read(tmp_path / "template.yaml")
