"""Checks that a model's backend and instance groups fit the endpoint's instances.

Source: `ValidateInstanceGroup` in triton-inference-server/core, src/model_config_utils.cc.
"""

from __future__ import annotations

from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.triton_backends import TritonBackend
from model_packager.formats.triton_repository.config.model_config import (
    ModelConfig,
    enum,
    integers,
    messages,
)
from model_packager.model_warnings import Host


def check_host(config: ModelConfig, backend: TritonBackend | None, host: Host) -> None:
    """Check a model on a host.

    Raises:
        ModelRejected: the model does not run on the host. The error has the line.
    """
    if backend is not None:
        _check_release(config, backend, host.release)
        if backend.needs_gpu and host.gpus == 0:
            raise config.rejected_field(
                "platform" if "platform" in config.message else "backend",
                f"the backend {backend.name} needs a GPU, but the endpoint's instance type has "
                "none.",
                "Use a GPU instance type (endpoint.instance_type in deploy.yaml, such as "
                "ml.g4dn.xlarge)",
            )
    for group in messages(config.message, "instance_group"):
        kind, gpus = enum(group, "kind", "ModelInstanceGroupKind"), integers(group, "gpus")
        line = group.line_of("gpus" if gpus else "kind")
        if kind == "KIND_GPU" and host.gpus == 0:
            raise config.rejected(
                group.line_of("kind"),
                "instance_group has the kind KIND_GPU, but the endpoint's instance type has no "
                "GPU.",
                "Use a GPU instance type (endpoint.instance_type in deploy.yaml, such as "
                "ml.g4dn.xlarge), or write `kind: KIND_AUTO`, which uses GPUs if there are any",
            )
        absent = [each for each in gpus if not 0 <= each < host.gpus]
        if kind in ("KIND_GPU", "KIND_AUTO") and absent:
            raise config.rejected(
                line,
                f"instance_group names the GPU {absent[0]}, but the endpoint's instance type has "
                f"{host.gpus}, counted from 0.",
                "Remove gpus (Triton then uses all), or take a larger instance type in deploy.yaml",
            )
        if kind in ("KIND_CPU", "KIND_MODEL") and gpus:
            raise config.rejected(
                line, f"an instance_group of the kind {kind} names GPUs.", "Remove gpus"
            )
        _check_profiles(config, backend, group)


def _check_profiles(config: ModelConfig, backend: TritonBackend | None, group: Message) -> None:
    if "profile" not in group:
        return
    if backend is None or backend.name != "tensorrt":
        raise config.rejected(
            group.line_of("profile"),
            "instance_group has a profile, which only TensorRT models have.",
            "Remove profile",
        )
    for index, profile in enumerate(group["profile"]):
        if not (isinstance(profile, str) and profile.isdecimal()):
            raise config.rejected(
                group.line_of("profile", index),
                f"the profile {profile!r:.60} of an instance_group is not a number.",
                'Write the number of a profile, such as `profile: "0"`',
            )


def _check_release(config: ModelConfig, backend: TritonBackend, release: str) -> None:
    first, last = backend.first_release, backend.last_release
    if (first is None or release >= first) and (last is None or release <= last):
        return
    which = f"from {first} on" if last is None else f"up to {last}"
    raise config.rejected_field(
        "platform" if "platform" in config.message else "backend",
        f"Triton serves {backend.platform or backend.name} in its releases {which}, but the stack "
        f"uses {release}.",
        f"Deploy the stack with a release {which} (parameter TritonRelease), or convert the model "
        "to ONNX or TorchScript",
    )
