from __future__ import annotations

import re

import pytest

from model_packager.rejection import ModelRejected
from model_packager.spec.deploy_spec import parse_deploy_spec
from model_packager.spec.live_folder import require_live_folder


@pytest.mark.parametrize(
    ("key", "live_key", "move_from", "allowed"),
    [
        ("teamA/resnet/model.pt", "teamA/resnet/model.onnx", None, True),
        ("teamB/resnet/model.pt", "teamA/resnet/model.pt", None, False),
        ("resnet/model.pt", "teamA/resnet/model.pt", None, False),
        ("teama/resnet/model.pt", "teamA/resnet/model.pt", None, False),
        ("teamB/resnet/model.pt", "teamA/resnet/model.pt", "teamA/resnet", True),
        ("teamB/resnet/model.pt", "teamA/resnet/model.pt", "/teamA/resnet/", True),
        ("teamB/resnet/model.pt", "teamA/resnet/model.pt", "teamC/resnet", False),
        ("team/model/model.pt", "model.pt", None, False),
        ("team/model/model.pt", "model.pt", "/", True),
        ("model.pt", "model.onnx", None, True),
        ("b/m/model.pt", "yes/m/model.pt", None, False),
        ("b/m/model.pt", "1.0/model.pt", None, False),
        ("b/m/model.pt", "a: b #c/m/model.pt", None, False),
        ("b/m/model.pt", "*/m/model.pt", None, False),
        ("b/m/model.pt", f"{'long ' * 190}/m/model.pt", None, False),
    ],
)
def test_drop_replaces_a_version_of_its_own_folder(
    key: str, live_key: str, move_from: str | None, *, allowed: bool
) -> None:
    if allowed:
        require_live_folder("resnet", key, live_key, move_from)
        return
    with pytest.raises(ModelRejected, match="Only a drop in the same folder") as rejected:
        require_live_folder("resnet", key, live_key, move_from)
    (advice,) = re.findall(r"`(move_from: .+)`", rejected.value.fix)
    spec = parse_deploy_spec(advice, origin="deploy.yaml")
    require_live_folder("resnet", key, live_key, spec.move_from)  # the fix works
