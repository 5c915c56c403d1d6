"""Servers that the kernel does not start."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from modeldrop.local.sagemaker.authorizer import NotEnforced
from modeldrop.local.sagemaker.hosting.fleet_plan import FleetPlan, plan_variant
from modeldrop.local.sagemaker.hosting.fleet_starter import FleetStarter
from modeldrop.local.sagemaker.hosting.image_access import ImageAccess
from modeldrop.local.sagemaker.triton.container_log import LogShipper
from modeldrop.local.sagemaker.triton.installation import Triton
from modeldrop.local.sagemaker.triton.serve_rules import MULTI_MODEL
from modeldrop.local.sagemaker.triton.server import TritonHost


@dataclass
class Roles:
    access_key: str = "key"

    def clients(self, _role_arn: str) -> Roles:
        return self


def open_files(folder: Path) -> list[Path]:
    """Return the files below a folder that this process has open."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the descriptor of this iteration
            found.append(each.readlink())
    return [each for each in found if each.is_relative_to(folder)]


def test_a_server_that_does_not_start_leaves_nothing_but_its_log(tmp_path: Path) -> None:
    environment = {MULTI_MODEL: "true", "NAME": "a\0b"}  # the kernel refuses a null character
    container = {"Image": "image", "Environment": environment}
    plan = plan_variant({"VariantName": "primary"}, {"PrimaryContainer": container})
    shipper = LogShipper(cast(Any, None))
    shipper.close()
    host = TritonHost(Triton(tmp_path, tmp_path, {}), "unit", tmp_path / "tritonservers")
    roles: Any = Roles()
    starter = FleetStarter(roles, ImageAccess(NotEnforced()), host, shipper, tmp_path)
    with pytest.raises(ValueError, match="null byte"):
        starter.start("e", FleetPlan("config", (plan,)), threading.Event())
    host.close()
    assert [*(tmp_path / "models").iterdir()] == []
    assert [*(tmp_path / "tritonservers").iterdir()] == []
    assert len([*(tmp_path / "logs" / "e").iterdir()]) == 1
    assert open_files(tmp_path) == []
