"""torchvision's model families, as users export them, return the same in Triton as in torch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision

from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import Detector, frozen, save, scripted, traced

PICTURES = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
SPEC = """
inputs: [{name: INPUT__0, dtype: FP32, dims: [3, 64, 64]}]
endpoint: {instance_type: ml.m5.large}
smoke_test: {requests: 1}
"""


def family(name: str, **options: Any) -> torch.nn.Module:
    torch.manual_seed(0)
    model: torch.nn.Module = torchvision.models.get_model(name, weights=None, **options)
    return model.eval()


def exported() -> dict[str, Any]:
    return {
        "traced": traced(family("mobilenet_v3_small"), PICTURES),
        "scripted": scripted(family("squeezenet1_1")),
        "frozen": frozen(family("resnet18")),
        "detector": scripted(Detector()),
        "quantized": traced(family("quantized_shufflenet_v2_x0_5", quantize=True), PICTURES),
    }


def folder_of(kind: str, script: Any, under: Path) -> Path:
    """Write the drop: the model, its spec, and a golden sample with torch's output."""
    folder = under / kind
    (folder / "sample").mkdir(parents=True)
    save(script, folder / "model.pt")
    (folder / "deploy.yaml").write_text(SPEC)
    np.save(folder / "sample" / "input.npy", PICTURES.numpy())
    np.save(folder / "sample" / "expected.npy", script(PICTURES).detach().numpy())
    return folder


def test_families(cloud: Cloud, tmp_path: Path) -> None:
    """Two models at a time, because one waits while the other works."""
    folders = {kind: folder_of(kind, each, tmp_path) for kind, each in exported().items()}

    def drop(kind: str) -> Any:
        folder = folders[kind]
        files = (folder / "model.pt", folder / "deploy.yaml", folder / "sample")
        return cloud.drop(f"family-{kind}", *files)

    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = dict(zip(folders, pool.map(drop, folders), strict=True))
    for kind, outcome in outcomes.items():
        assert content_of(outcome)["status"] == "SUCCEEDED", f"{kind}: {summary(outcome)}"
        assert content_of(outcome)["smoke"]["golden"].startswith("sample/expected.npy"), kind
