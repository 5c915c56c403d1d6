"""`modeldrop drop` and `modeldrop watch` as a user runs them, with real Triton."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import IO, TYPE_CHECKING, Any

import pytest
import torch
from botocore.exceptions import ClientError

from modeldrop.dropping.resumable_upload import PART_BYTES, upload
from modeldrop.local.sagemaker.faults import EndpointFault
from tests.waiting import until
from tests.workflow.command import COMMAND, Ended, modeldrop
from tests.workflow.executions import LIMIT_SECONDS
from tests.workflow.models import save, save_scale, traced
from tests.workflow.scaled import scaled

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workflow.drops import Cloud


def objects(cloud: Cloud, name: str) -> list[str]:
    bucket = cloud.embedded.output("DropBucketName")
    found = cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"{name}/")
    return [each["Key"] for each in found.get("Contents", [])]


def read_until(stream: IO[str], words: str) -> str:
    """Read the command's output up to the line that contains the words."""
    said = ""
    for line in stream:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def dropping(cloud: Cloud, file: Path) -> subprocess.Popen[str]:
    """Start `modeldrop drop --json`."""
    words = [str(COMMAND), "drop", str(file), "--json", "--local"]
    return subprocess.Popen(
        [*words, "--home", str(cloud.embedded.home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Background jobs of a shell ignore SIGINT, and children inherit this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_drop_is_followed_to_its_result(cloud: Cloud, name: str, tmp_path: Path) -> None:
    file = save_scale(2, tmp_path / f"{name}.onnx")
    spec = tmp_path / "two.yaml"
    spec.write_text("max_batch_size: 4\n")
    ended = modeldrop(cloud, "drop", str(file), "--spec", str(spec))
    assert (ended.code, ended.out) == (0, ""), ended.err
    for words in (
        "Also uploading: deploy.yaml",
        f"Uploaded {name}/model.onnx",
        "Package Model",
        f"{cloud.endpoint(name)} is Creating",
        f"SUCCEEDED: {name} is live",
        "latency",
        "live version",
        "deployment.json",
    ):
        assert words in ended.err
    assert "Endpoint Ready?" not in ended.err  # a Choice state takes no time
    assert objects(cloud, name) == [f"{name}/deploy.yaml", f"{name}/model.onnx"]
    assert scaled(cloud, name) == 2

    watch = modeldrop(cloud, "watch", name)
    assert (watch.code, watch.out) == (0, ""), watch.err
    assert f"No deployment of {name} is running. The last one ended at" in watch.err
    assert f"SUCCEEDED: {name} is live" in watch.err

    again = modeldrop(cloud, "drop", str(file), "--spec", str(spec), "--json")
    assert again.document == {
        "status": "UNCHANGED",
        "model": name,
        "live_version": again.document["live_version"],
    }
    assert f"version {again.document['live_version']} of {name} is live" in again.err


def test_drop_of_what_init_wrote(cloud: Cloud, name: str, tmp_path: Path) -> None:
    file = tmp_path / name / "model.onnx"
    file.parent.mkdir()
    save_scale(2, file)
    subprocess.run([COMMAND, "init", file], check=True, capture_output=True)
    ended = modeldrop(cloud, "drop", str(file), "--json")
    assert ended.code == 0, ended.err
    assert ended.document["smoke"]["golden"].startswith("sample/expected.npz: ")
    assert "the golden sample" in ended.document["smoke"]["checks"]


def test_refused_file_is_never_uploaded(cloud: Cloud, name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.pt"
    file.write_bytes(b"<html>404</html>")
    ended = modeldrop(cloud, "drop", str(file))
    assert (ended.code, ended.out) == (2, "")
    assert "Fix: " in ended.err
    assert objects(cloud, name) == []


def test_interrupted_upload_is_resumed(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """The command recognizes parts by their SHA-256, which moto does not list."""
    file = tmp_path / "weights.bin"
    file.write_bytes(os.urandom(2 * PART_BYTES + 1))
    bucket, key = cloud.embedded.output("DropBucketName"), f"{name}/weights.bin"
    wire = cloud.embedded.session().client("s3")

    def gone(params: dict[str, Any], **_: object) -> None:
        if params["PartNumber"] == 2:
            raise ClientError({"Error": {"Code": "RequestTimeout"}}, "UploadPart")

    wire.meta.events.register("provide-client-params.s3.UploadPart", gone)
    with pytest.raises(ClientError, match="RequestTimeout"):
        upload(wire, file, bucket, key)
    [unfinished] = wire.list_multipart_uploads(Bucket=bucket, Prefix=key)["Uploads"]
    parts = wire.list_parts(Bucket=bucket, Key=key, UploadId=unfinished["UploadId"])["Parts"]
    assert all("ChecksumSHA256" in part for part in parts)

    sent: list[int] = []
    upload(cloud.client("s3"), file, bucket, key, sent.append)
    assert sent[0] == sum(part["Size"] for part in parts) > 0
    assert sum(sent) == file.stat().st_size
    stored = wire.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert stored == file.read_bytes()


def test_ctrl_c_in_an_upload_deploys_nothing(cloud: Cloud, name: str, tmp_path: Path) -> None:
    heavy = torch.nn.Linear(1, 20 * PART_BYTES // 8)
    file = save(traced(heavy, torch.zeros(1, 1)), tmp_path / f"{name}.pt")
    s3, bucket = cloud.client("s3"), cloud.embedded.output("DropBucketName")
    with dropping(cloud, file) as running:

        def is_uploading() -> bool:
            assert running.poll() is None
            return "Uploads" in s3.list_multipart_uploads(Bucket=bucket, Prefix=f"{name}/")

        until(is_uploading, pause_seconds=0.02)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=LIMIT_SECONDS)
    assert running.returncode == 130, err
    assert "Interrupted the upload. Nothing was deployed. Run the same command again" in err
    assert json.loads(out)["error"] == "Interrupted"
    assert "Traceback" not in err
    assert objects(cloud, name) == []


def test_failure_has_cause_and_fix(cloud: Cloud, name: str, tmp_path: Path) -> None:
    fault = EndpointFault(kind="fail", endpoint_contains=cloud.endpoint(name), reason="No host.")
    cloud.faults.add(fault)
    file = save_scale(2, tmp_path / f"{name}.onnx")
    ended = modeldrop(cloud, "drop", str(file), "--json")
    assert ended.code == 1, ended.err
    assert ended.document["status"] == "FAILED"
    assert "No host." in ended.document["cause"]
    watch = modeldrop(cloud, "watch", name)
    assert watch.code == 1
    for words in ("failed at", "Check Endpoint", "No host.", "fix", "none"):
        assert words in " ".join(watch.err.split())


def test_watch_follows_a_detached_drop(cloud: Cloud, name: str, tmp_path: Path) -> None:
    file = save_scale(2, tmp_path / f"{name}.onnx")
    dropped = modeldrop(cloud, "drop", str(file), "--detach", "--json")
    assert dropped.code == 0, dropped.err
    assert dropped.document["status"] == "RUNNING"
    ended = modeldrop(cloud, "watch", name, "--json")
    assert ended.code == 0, ended.err
    assert ended.document["status"] == "SUCCEEDED"
    assert ended.document["execution_arn"] == dropped.document["execution_arn"]
    assert scaled(cloud, name) == 2


def test_ctrl_c_leaves_the_deployment_running(cloud: Cloud, name: str, tmp_path: Path) -> None:
    endpoint = cloud.endpoint(name)
    cloud.faults.add(EndpointFault(kind="slow_start", endpoint_contains=endpoint, seconds=6))
    file = save_scale(2, tmp_path / f"{name}.onnx")
    with dropping(cloud, file) as running:
        assert running.stderr is not None
        said = read_until(running.stderr, f"{endpoint} is Creating")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=LIMIT_SECONDS)
    ended = Ended(running.returncode, out, said + err)
    assert ended.code == 130, ended.err
    assert "Traceback" not in ended.err
    resume_command = f"modeldrop watch {name} --local --home {cloud.embedded.home}"
    assert f"The deployment continues. Follow it with: {resume_command}" in ended.err
    assert json.loads(ended.out)["resume_command"] == resume_command
    arn = json.loads(ended.out)["execution_arn"]
    assert cloud.executions.is_running(arn)
    assert modeldrop(cloud, "watch", name, "--json").document["execution_arn"] == arn
    assert scaled(cloud, name) == 2
