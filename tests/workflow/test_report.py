"""The reports of real deployments, read from S3 as users do."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.browser.chromium import EXECUTABLE, chromium
from tests.workflow.command import modeldrop
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import NO_STAGING, PYTHON_SPEC, python_scale

# The mean of each color, as three classes.
COLORS = """
import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for each in requests:
            image = pb_utils.get_input_tensor_by_name(each, "image").as_numpy()
            scores = image.mean(axis=(2, 3)).astype(np.float32) * {factor}
            answers.append(
                pb_utils.InferenceResponse(output_tensors=[pb_utils.Tensor("color", scores)])
            )
        return answers
"""
SPEC = """
max_batch_size: 4
inputs: [{name: image, dtype: FP32, dims: [3, 32, 32]}]
outputs: [{name: color, dtype: FP32, dims: [3]}]
smoke_test:
  requests: 12
  picture: {resize: 32, crop: 32, mean: [0, 0, 0], std: [1, 1, 1]}
  load: {concurrency: [1, 2], seconds: 0.3}
"""


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<body>")[2]).split())


def read(cloud: Cloud, uri: str) -> str:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    content: bytes = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return content.decode()


def index(cloud: Cloud) -> str:
    return read(cloud, f"s3://{cloud.embedded.output('ArtifactBucketName')}/_reports.html")


def row(page: str, model: str) -> str:
    """Return the model's row in the index, with the list of its reports below."""
    found = [
        part.partition(end)[0]
        for start, end in (("<tr class", "</tr>"), ("<article", "</article>"))
        for part in page.split(start)[1:]
        if re.match(rf"[^>]*>\s*<[^>]*>(<a [^>]*>)?{model}<|[^>]*>\s*<[^>]*>{model} <span", part)
    ]
    assert len(found) == 2, found
    return words(f"<body><i{found[0]} <i{found[1]}")


def drop(cloud: Cloud, name: str, factor: str) -> dict[str, Any]:
    """Drop the model with labels and a red picture, like any S3 client."""
    picture = BytesIO()
    Image.fromarray(np.full((40, 48, 3), (250, 20, 60), np.uint8)).save(picture, "PNG")
    cloud.put(f"{name}/sample/input.png", picture.getvalue())
    cloud.put(f"{name}/sample/expected.json", b'{"top_class": 0, "within_top": 1}')
    cloud.put(f"{name}/labels.txt", b"red\ngreen\n<b>blue\n")
    cloud.put(f"{name}/deploy.yaml", (SPEC + NO_STAGING).encode())
    model = COLORS.replace("{factor}", factor).encode()
    outcome = cloud.put_and_follow(f"{name}/model.py", model, name)
    return content_of(outcome) | {"shown": summary(outcome), "words": outcome.notification.words}


def test_reports_show_live_version_quality_and_date(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    first, second, failed = (drop(cloud, name, factor) for factor in ("1", "2", "-1"))
    shown = [each["status"] for each in (first, second, failed)]
    assert shown == ["SUCCEEDED", "SUCCEEDED", "FAILED"], failed["shown"]
    versions = [each["version"] for each in (first, second, failed)]

    pages = [read(cloud, each["report"]) for each in (first, second, failed)]
    assert [each["report"].rpartition("/")[2] for each in (first, second, failed)] == [
        f"{version}.html" for version in versions
    ]
    key = first["report"].removeprefix("s3://").partition("/")[2]
    assert re.search(rf"\nReport: https://\S+&prefix={re.escape(key)}\n", first["words"])
    was_first, was_second, has_failed = map(words, pages)
    endpoint = cloud.endpoint(name)
    assert f"This version passed its smoke test and is live on {endpoint}." in was_first
    assert "No previous version." in was_first
    assert "Top classes for sample/input.png red 0.980" in was_first
    assert "&lt;b&gt;blue" in pages[0]
    assert '<img src="data:image/jpeg;base64,' in pages[0]
    assert "Latency of 11 of 12 sequential requests" in was_first
    assert 'aria-label="Requests per second by concurrent clients: ' in pages[0]
    assert "Smoke Test" in was_first
    assert "smoke_test.requests 12 next to the file" in was_first
    assert re.search(r" (CRC32|CRC64NVME|SHA256) [0-9a-f]{8,64} Model data ", was_first), was_first
    assert 'name: "image"' in pages[0].replace("&#34;", '"')
    assert f"v1 ({versions[0]}) , tested" in was_second
    assert "Hosting 1 x ml.g4dn.xlarge 1 x ml.g4dn.xlarge same" in was_second
    assert "This version failed its smoke test." in has_failed
    assert "expects class 0 in the top 1 of color" in has_failed
    assert "Roll Back" in has_failed
    assert f"Live Not this version v2 ({versions[1]}) is live, since" in has_failed
    assert "the golden sample failed" in has_failed

    found = row(index(cloud), name)
    assert "real-time v2 2" in found
    assert f"endpoint {endpoint}" in found
    assert "1 of 3" in found
    assert found.index("failed") < found.index("3 reports")
    assert "3 reports" in found
    for version in versions:
        assert f'data-page="_reports/{name}/{version}.html"' in index(cloud)

    saved = modeldrop(cloud, "report", "-o", str(tmp_path / "pages"), "--json")
    assert saved.code == 0, saved.err
    assert saved.document["file"] == str(tmp_path / "pages" / "_reports.html")
    if EXECUTABLE:
        click_through(tmp_path / "pages" / "_reports.html", versions[1])

    cloud.delete(name)
    assert "real-time none" in row(index(cloud), name)


def click_through(file: Path, version: str) -> None:
    """Open the saved index, follow the link to the live version's report, and go back."""
    with chromium() as browser:
        page = browser.new_page()
        page.goto(file.as_uri())
        page.get_by_title(version).get_by_role("link", name="v2").click()
        assert "v2" in page.title()
        assert page.evaluate("document.querySelector('figure img').naturalWidth") > 30
        page.get_by_role("link", name="All models", exact=True).click()
        assert page.get_by_role("heading", name="Models", exact=True).is_visible()


def test_refused_drop_has_a_report(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model = tmp_path / "model.pt"
    model.write_bytes(b"<html>404</html>")
    outcome = cloud.drop(name, model)
    content = content_of(outcome)
    assert content["failed_state"] == "Inspect Model", summary(outcome)
    page = words(read(cloud, content["report"]))
    assert "The deployment failed at Inspect Model." in page
    assert "Version none yet" in page
    assert re.search(r"none .* 1 of 1 nothing failed", row(index(cloud), name))


def test_restored_version_has_its_own_report(cloud: Cloud, name: str, tmp_path: Path) -> None:
    spec = tmp_path / "deploy.yaml"
    spec.write_text(PYTHON_SPEC + NO_STAGING)
    for factor in ("2", "3"):
        model = tmp_path / "model.py"
        model.write_text(python_scale(factor))
        content = content_of(cloud.drop(name, model, spec))
        assert content["status"] == "SUCCEEDED"
    back = modeldrop(cloud, "rollback", name, "--yes", "--json")
    assert back.code == 0, back.err
    found = row(index(cloud), name)
    assert "restored" in found
    assert "3 reports" in found
    shown = modeldrop(cloud, "report", name, "--json")
    assert "-restored-" in shown.document["uri"]
