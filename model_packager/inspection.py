"""The complete inspection of a model file, for Inspect Model and `modeldrop inspect`."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from model_packager.dtype import Dtype
from model_packager.formats.base import Content, ModelFormat, ReadyMade, require_release
from model_packager.formats.registry import other_format
from model_packager.formats.torchscript.format import TORCHSCRIPT
from model_packager.model_warnings import Host, ModelWarning, WarningCode
from model_packager.rejection import ModelRejected, SpecRejected, refusal
from model_packager.repository.config_pbtxt import render_config_pbtxt
from model_packager.sagemaker.host_image import host_image
from model_packager.sagemaker.hosting import Hosting
from model_packager.sagemaker.hosting_resolution import StackDefaults, resolve_hosting
from model_packager.sagemaker.instance_facts import instance_facts
from model_packager.sagemaker.instance_fit import check_fit
from model_packager.sagemaker.payload_fit import check_handed_on, check_request
from model_packager.sagemaker.triton_image import is_gpu_instance
from model_packager.signature import Signature
from model_packager.spec.deploy_spec import DeploySpec, resolve_spec
from model_packager.spec.hosting_mode import serverless_type
from model_packager.spec.triton_spec import InstanceKind
from model_packager.spec.yaml.document import Path, Place


@dataclass(frozen=True)
class Inspection:
    """How to deploy a model that passed the inspection.

    Attributes:
        instance_type: the endpoint's instance type, such as ml.g4dn.xlarge.
        config_pbtxt: the config of the endpoint's default model.
        labels: the content of labels.txt with one class per line, or None.
        has_labels: whether the first output has class labels.
        model_format: the format of the model's file.
        default_model: the model that receives requests. Its name in a dropped repository may differ
            from the drop's.
        called_models: other models of a dropped repository that the container loads.
        warnings: possible problems of the model.
        weight_files: the paths of the weight files next to the model.
        places: the source position of each value of the spec, by path.
        notes: notes on how the model fits the instance.
    """

    signature: Signature
    spec: DeploySpec
    instance_type: str
    config_pbtxt: str
    labels: bytes | None
    has_labels: bool
    model_format: ModelFormat
    default_model: str
    warnings: tuple[ModelWarning, ...]
    weight_files: tuple[str, ...]
    places: Mapping[Path, Place]
    notes: tuple[str, ...]
    called_models: tuple[str, ...] = ()

    def hosting(self, stack: StackDefaults) -> tuple[Hosting, tuple[str, ...]]:
        """Return where and how SageMaker runs the model in a stack, with notes.

        Raises:
            SpecRejected: as `resolve_hosting`.
        """
        return resolve_hosting(
            self.default_model,
            self.spec,
            self.instance_type,
            stack,
            called_models=self.called_models,
        )


def inspect_model(
    file: BinaryIO,
    model: str,
    *,
    spec: str | None,
    labels: bytes | None,
    instance_type: str,
    release: str,
    model_format: ModelFormat = TORCHSCRIPT,
    sibling_size: Callable[[str], int | None] = lambda _path: None,
) -> Inspection:
    """Inspect a model file without loading it.

    Args:
        file: the seekable model file, of which only the directory and the code are read.
        model: the model's name.
        spec: the text of the deploy.yaml next to it.
        labels: the content of the labels.txt next to it, which overrides the labels inside.
        instance_type: the default if the spec has none.
        release: the Triton release, such as "26.05".
        model_format: the format that the name of the dropped object stands for.
        sibling_size: returns the size in bytes of a file next to the model by its path, or None.

    Raises:
        ModelRejected: Triton cannot serve it.
        SpecRejected: deploy.yaml is invalid or incomplete, or the model cannot run on the
            instance type or with the release.
    """
    require_release(model_format, release)
    with refusal(lambda reason: _unreadable(model_format, reason)):
        _require_format(file, model_format)
        content = model_format.read(file, model)
        content.require_release(release)
        joined = resolve_spec(separate=spec, inside=content.deploy_yaml)
        signature = content.signature(joined.spec)
    weight_sizes = _weight_sizes(content, sibling_size)
    weight_bytes = file.seek(0, os.SEEK_END) + sum(weight_sizes.values())
    _check_tests(signature, joined.spec)
    chosen_type = _capacity(joined.spec, instance_type)
    _require_gpu(model_format, chosen_type)
    _check_fallbacks(joined.spec, chosen_type, weight_bytes)
    _check_hosts(content, joined.spec, chosen_type, release)
    if content.ready_made is not None:
        _refuse_labels(labels)
    chosen_labels = content.labels if labels is None else labels
    served = content.ready_made or _rendered(
        model, signature, joined.spec, chosen_labels, chosen_type, model_format
    )
    warnings = _warnings(content, signature, joined.spec, chosen_type, release)
    check_handed_on(signature, joined.spec, served.config_pbtxt, warnings)
    return Inspection(
        signature=signature,
        spec=joined.spec,
        instance_type=chosen_type,
        config_pbtxt=served.config_pbtxt,
        labels=chosen_labels,
        has_labels=served.has_labels,
        model_format=model_format,
        default_model=served.default_model,
        called_models=served.called_models,
        warnings=warnings,
        weight_files=tuple(weight_sizes),
        places=joined.places,
        notes=check_fit(joined.spec, chosen_type, weight_bytes=weight_bytes),
    )


def _weight_sizes(content: Content, sibling_size: Callable[[str], int | None]) -> dict[str, int]:
    """Return the size in bytes of each weight file next to the model, by its path."""
    found = {
        path: size for path in content.weight_files if (size := sibling_size(path)) is not None
    }
    content.require_weights(found)
    return found


def _check_tests(signature: Signature, spec: DeploySpec) -> None:
    """Refuse a smoke test or a shadow test that the model's signature does not allow."""
    check_request(signature, spec)
    _check_tolerances(signature, spec)
    _check_shadow(signature, spec)


def _warnings(
    content: Content, signature: Signature, spec: DeploySpec, instance_type: str, release: str
) -> tuple[ModelWarning, ...]:
    return (
        *content.warnings(signature, host(release, instance_type, spec)),
        *_host_image_warnings(spec, instance_type, release),
        *_network_warnings(spec),
    )


def _check_tolerances(signature: Signature, spec: DeploySpec) -> None:
    """Reject tolerances that no comparison would use."""
    outputs = {each.name: each for each in signature.outputs}
    for name in spec.smoke_test.tolerances:
        if name not in outputs:
            raise SpecRejected(
                f"smoke_test.tolerances names the output {name:.120}, but the model has "
                f"{', '.join(outputs):.300}.",
                "Use the model's output names in smoke_test.tolerances, then upload the model "
                "again.",
            )
        if outputs[name].dtype == Dtype.STRING:
            raise SpecRejected(
                f"smoke_test.tolerances names the output {name:.120}, which is text, and texts "
                "must be equal.",
                "Remove it from smoke_test.tolerances. If the model writes free text, remove "
                "sample/expected, too; then upload the model again.",
            )


def _check_shadow(signature: Signature, spec: DeploySpec) -> None:
    """Reject a shadow test of a stateful model, which would get only parts of sequences."""
    if spec.rollout.strategy == "shadow" and signature.sequences:
        raise SpecRejected(
            "rollout.strategy shadow copies single requests, but each request of this model "
            "belongs to a sequence (sequence_batching).",
            "Set another rollout.strategy in deploy.yaml, then upload it.",
        )


def _capacity(spec: DeploySpec, instance_type: str) -> str:
    """Return the instance type, or the memory of a serverless endpoint as `serverless_type`."""
    if spec.hosting.is_serverless:
        return serverless_type(spec.hosting.memory_mb or 0)
    return spec.endpoint.instance_type or instance_type


def _unreadable(model_format: ModelFormat, reason: str) -> ModelRejected:
    return ModelRejected(
        f"The file cannot be read as {model_format.title}: {reason}.",
        "Write the model again, compare the sizes after the upload, and upload it again.",
    )


def host(release: str, instance_type: str, spec: DeploySpec) -> Host:
    """Return the host that a model runs on; raises SpecRejected for an unknown instance type."""
    gpu, facts = is_gpu_instance(instance_type), instance_facts(instance_type)
    return Host(
        release=release,
        gpus=facts.gpus if facts else int(gpu),
        runs_on_gpu=gpu and spec.instance_group.kind is not InstanceKind.CPU,
    )


def _rendered(
    model: str,
    signature: Signature,
    spec: DeploySpec,
    labels: bytes | None,
    instance_type: str,
    model_format: ModelFormat,
) -> ReadyMade:
    config = render_config_pbtxt(
        model,
        signature,
        spec,
        labels=labels is not None,
        gpu=is_gpu_instance(instance_type),
        backend_field=model_format.backend_field,
    )
    return ReadyMade(default_model=model, config_pbtxt=config, has_labels=labels is not None)


def _require_format(file: BinaryIO, expected: ModelFormat) -> None:
    other = other_format(file, expected)
    if other is not None:
        raise ModelRejected(
            f"The file is {other.title}, but {expected.object_name} must be {expected.title}.",
            " ".join(filter(None, (f"Upload it as {other.object_name}.", other.advice))),
        )


def _require_gpu(model_format: ModelFormat, instance_type: str) -> None:
    if model_format.needs_gpu and not is_gpu_instance(instance_type):
        raise SpecRejected(
            f"The file is {model_format.title}, which needs a GPU, and {instance_type} has none.",
            "Use a GPU instance type (endpoint.instance_type in deploy.yaml, such as "
            "ml.g4dn.xlarge), then upload the model again.",
        )


def _check_fallbacks(spec: DeploySpec, instance_type: str, weight_bytes: int) -> None:
    """Check the fallback instance types too, because all types share one config.pbtxt."""
    for other in spec.endpoint.fallback_instance_types:
        if is_gpu_instance(other) != is_gpu_instance(instance_type):
            raise SpecRejected(
                f"endpoint.fallback_instance_types has {other} after {instance_type}: one has a "
                "GPU and the other has none, and the model's config can be right for one only.",
                "Name types with a GPU alone, or types without one; then upload the model again.",
            )
        check_fit(spec, other, weight_bytes=weight_bytes)


def _check_hosts(content: Content, spec: DeploySpec, instance_type: str, release: str) -> None:
    """Check what the model itself needs on the instance type and on the fallback types."""
    for each in (instance_type, *spec.endpoint.fallback_instance_types):
        content.check_host(host(release, each, spec))


def _host_image_warnings(
    spec: DeploySpec, instance_type: str, release: str
) -> tuple[ModelWarning, ...]:
    """Return the warnings about the drivers of the instance type and of the fallback types."""
    images = (
        host_image(
            each,
            release,
            gpu=is_gpu_instance(each),
            requested=spec.endpoint.inference_ami_version,
        )
        for each in (instance_type, *spec.endpoint.fallback_instance_types)
    )
    warnings = (each.warning for each in images if each.warning is not None)
    return tuple(dict.fromkeys(warnings))


def _network_warnings(spec: DeploySpec) -> tuple[ModelWarning, ...]:
    if spec.container.network_isolation:
        return ()
    return (
        ModelWarning(
            code=WarningCode.NETWORK_ACCESS,
            cause="The container has network access and AWS credentials "
            "(container.network_isolation: false in deploy.yaml). Code in the model can read every "
            "model of the stack, and send data anywhere.",
            fix="Remove the key from deploy.yaml and upload the file, unless the model "
            "calls another service.",
        ),
    )


def _refuse_labels(labels: bytes | None) -> None:
    if labels is not None:
        raise SpecRejected(
            "There is a labels.txt next to a model repository, which Modeldrop does not change.",
            "Put labels.txt into the archive, next to the config.pbtxt that names it as "
            "label_filename, and delete the separate file; then upload the archive again.",
        )
