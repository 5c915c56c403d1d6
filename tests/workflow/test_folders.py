"""A model belongs to the folder in the drop bucket that its live version came from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.waiting import until
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import NO_STAGING, save_scale
from tests.workflow.scaled import scaled

if TYPE_CHECKING:
    from pathlib import Path


def test_drop_in_another_folder_does_not_replace_a_model(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    of_a, of_b = (f"{team}/{name}/model.onnx" for team in ("teamA", "teamB"))
    two, three = (save_scale(factor, tmp_path / "m.onnx").read_bytes() for factor in (2, 3))
    first = cloud.put_and_follow(of_a, two, name)
    assert content_of(first)["status"] == "SUCCEEDED", summary(first)

    other = content_of(cloud.put_and_follow(of_b, three, name))

    assert (other["failed_state"], other["error"]) == ("Inspect Model", "ModelRejected")
    assert f"was dropped in the folder teamA/{name}/" in other["cause"]
    assert other["live_version"] == content_of(first)["version"]
    assert scaled(cloud, name) == 2
    assert cloud.nothing_retired(deletion(cloud, of_b))

    bucket = cloud.embedded.output("DropBucketName")
    cloud.client("s3").delete_object(Bucket=bucket, Key=of_a)
    spec = f"move_from: teamA/{name}\n{NO_STAGING}".encode()
    wait_for_the_second_after(cloud, of_b)
    moved = cloud.put_and_follow(f"teamB/{name}/deploy.yaml", spec, name)
    assert content_of(moved)["status"] == "SUCCEEDED", summary(moved)
    assert scaled(cloud, name) == 3
    cloud.delete(name)


def wait_for_the_second_after(cloud: Cloud, key: str) -> None:
    """Wait, because a deploy.yaml of the same second counts as uploaded with the model."""
    bucket = cloud.embedded.output("DropBucketName")
    uploaded = cloud.client("s3").head_object(Bucket=bucket, Key=key)["LastModified"]
    until(lambda: datetime.now(UTC) >= uploaded + timedelta(seconds=1))


def deletion(cloud: Cloud, key: str) -> dict[str, object]:
    """Return S3's event for a deleted object."""
    bucket = cloud.embedded.output("DropBucketName")
    detail = {"bucket": {"name": bucket}, "object": {"key": key}}
    return {"detail": detail, "time": datetime.now(UTC).isoformat()}
