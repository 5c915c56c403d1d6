"""The demo's model with real weights classifies the demo's cat correctly."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from model_packager.exporter import export_factory
from model_packager.formats.torchscript.archive import read_torchscript
from model_packager.formats.torchscript.signature import resolve_signature
from model_packager.spec.deploy_spec import resolve_spec

jit: Any = torch.jit  # its functions are untyped
ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "examples" / "sample"


@pytest.mark.slow
def test_the_demo_model_sees_a_tiger_cat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    path = tmp_path / "model.pt"
    export_factory("examples.efficientnet_lite0:efficientnet_lite0", path)

    archive = read_torchscript(io.BytesIO(path.read_bytes()))
    spec = resolve_spec(None, archive.deploy_yaml).spec
    signature = resolve_signature(archive, spec)
    assert signature.max_batch_size == 8
    assert [(each.name, each.dims) for each in signature.inputs] == [("INPUT__0", (3, 224, 224))]
    assert [(each.name, each.dims) for each in signature.outputs] == [("OUTPUT__0", (1000,))]

    picture = spec.smoke_test.picture
    with Image.open(SAMPLE / "input.png") as opened:
        width, height = opened.size
        scale = picture.resize / min(width, height)
        size = int(width * scale), int(height * scale)
        image = opened.convert("RGB").resize(size, Image.Resampling[picture.interpolation.upper()])
    left, top = (image.width - picture.crop) // 2, (image.height - picture.crop) // 2
    pixels = np.asarray(image.crop((left, top, left + picture.crop, top + picture.crop)))
    scaled = (pixels.astype(np.float32) / 255 - picture.mean) / picture.std
    tensor = torch.from_numpy(scaled.astype(np.float32).transpose(2, 0, 1)[None])
    probabilities = jit.load(path)(tensor)[0]

    assert archive.labels is not None
    labels = archive.labels.decode().splitlines()
    best = probabilities.topk(3)
    assert [labels[index] for index in best.indices] == ["tiger cat", "Egyptian cat", "tabby"]
    assert best.values.tolist() == pytest.approx([0.395, 0.355, 0.170], abs=0.005)
    assert probabilities.sum().item() == pytest.approx(1, abs=1e-4)
    expected = json.loads((SAMPLE / "expected.json").read_text())
    assert expected["top_class"] == best.indices[0].item()
    assert labels[expected["top_class"]] == expected["label"]
