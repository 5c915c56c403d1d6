from __future__ import annotations

import pytest

from model_packager.dtype import Dtype
from model_packager.signature import Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.stored import Checksum, DeploymentRecord, Package
from modeldrop.live.version_diff import Difference, differences
from tests.unit.modeldrop.recorded import MIDDLE, OLDEST, record


def changed(part: str, **values: object) -> DeploymentRecord:
    """Return a record in which a part differs from OLDEST."""
    before = record(MIDDLE)
    own = getattr(before, part).model_copy(update=values)
    return before.model_copy(update={part: own})


def test_versions_that_differ_in_nothing_but_their_names() -> None:
    assert differences(record(OLDEST), record(MIDDLE)) == []


def test_values_of_deploy_yaml_have_their_path() -> None:
    spec = DeploySpec.model_validate(
        {"smoke_test": {"requests": 60}, "rollout": {"staging": False}}
    )
    found = differences(record(OLDEST), changed("servable", spec=spec))
    assert {(each.section, each.name, each.new) for each in found} == {
        ("deploy.yaml", "smoke_test.requests", "60"),
        ("deploy.yaml", "rollout.staging", "false"),
    }


def test_tensors_that_changed_came_or_went() -> None:
    x, y = (Tensor(name=name, dtype=Dtype.FP32, dims=(3,)) for name in "xy")
    old = changed("servable", signature=Signature(inputs=(x,), outputs=(y,), max_batch_size=8))
    wide = x.model_copy(update={"dims": (4,)})
    new = changed("servable", signature=Signature(inputs=(wide,), outputs=(), max_batch_size=8))
    assert differences(old, new) == [
        Difference("Signature", "input x", "FP32 [3]", "FP32 [4]"),
        Difference("Signature", "output y", "FP32 [3]", None),
    ]


@pytest.mark.parametrize(
    ("new", "difference"),
    [
        (
            changed("source", git_commit="9b1dcf4a6c2e01f27f7f0c3c2b4a5d6e7f809112"),
            Difference("Drop", "dropped by", None, "commit 9b1dcf4a6c"),
        ),
        (
            record(MIDDLE).model_copy(
                update={
                    "package": Package(
                        artifact_uri="s3://artifacts/model.tar.gz",
                        source_checksum=Checksum(algorithm="CRC32", value="00c0ffee"),
                    )
                }
            ),
            Difference("Drop", "checksum", None, "CRC32 00c0ffee"),
        ),
        (
            changed("smoke", golden="none"),
            Difference("Checks", "golden sample", "sample/expected.npy", "none"),
        ),
        (
            changed("servable", has_labels=False, checks=("no NaN",)),
            Difference("Checks", "no NaN", None, "passed"),
        ),
    ],
    ids=["commit", "checksum", "golden sample", "check"],
)
def test_one_value_differs(new: DeploymentRecord, difference: Difference) -> None:
    assert differences(record(OLDEST), new) == [difference]


def test_sizes_are_compared_if_they_are_known() -> None:
    old, new = record(OLDEST), record(MIDDLE)
    found = differences(old, new, old_bytes=1_000, new_bytes=2_000)
    assert found == [Difference("Drop", "size", "1,000 bytes", "2,000 bytes")]
