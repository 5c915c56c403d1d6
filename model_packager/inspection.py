"""The whole verdict on a model file: the one engine of the Inspect Model step and the command."""

from dataclasses import dataclass
from typing import BinaryIO

from model_packager.config_pbtxt import render_config_pbtxt
from model_packager.deploy_spec import DeploySpec, resolve_spec
from model_packager.model_format import ModelFormat, ReadyMade, require_release
from model_packager.rejection import SpecRejected
from model_packager.repository_archive import REPOSITORY
from model_packager.signature import Signature
from model_packager.torchscript_format import TORCHSCRIPT
from model_packager.triton_image import is_gpu_instance, newest_release


@dataclass(frozen=True)
class Inspection:
    """A model that can be served, and how.

    Attributes:
        instance_type: of the endpoint, such as ml.g4dn.xlarge.
        labels: content of labels.txt, one class a line; None where the model has none.
        labelled: the first output has class labels, wherever they lie.
        model_format: of the model's file.
        default_model: the model that answers requests, where it is not the drop's own name.
    """

    signature: Signature
    spec: DeploySpec
    instance_type: str
    config_pbtxt: str
    labels: bytes | None
    labelled: bool = False
    model_format: ModelFormat = TORCHSCRIPT
    default_model: str | None = None


def inspect_model(
    file: BinaryIO,
    model: str,
    *,
    spec: str | None,
    labels: bytes | None,
    instance_type: str,
    model_format: ModelFormat = TORCHSCRIPT,
    triton_release: str | None = None,
) -> Inspection:
    """Judge a model file without loading it.

    Args:
        file: the model, seekable; only its directory and its code are read.
        model: the name to serve it under.
        spec: text of the deploy.yaml beside it.
        labels: content of the labels.txt beside it; it wins over the one inside.
        instance_type: what holds where the spec names none.
        model_format: of the file, by the name of the dropped object.
        triton_release: that the stack is deployed with; None for the newest.

    Raises:
        ModelRejected: Triton would not serve it.
        SpecRejected: its deploy.yaml is wrong, or is needed and does not say enough.
    """
    require_release(model_format, triton_release or newest_release())
    content = model_format.read(file, model)
    resolved = resolve_spec(beside=spec, inside=content.deploy_yaml)
    signature = content.signature(resolved)
    chosen_type = resolved.endpoint.instance_type or instance_type
    if model_format.needs_gpu and not is_gpu_instance(chosen_type):
        raise SpecRejected(
            f"The file is {model_format.title}, which needs a GPU, and {chosen_type} has none.",
            "Take a GPU instance type (endpoint.instance_type in deploy.yaml, such as "
            "ml.g4dn.xlarge), then drop the model again.",
        )
    if content.ready_made is not None:
        return _of_ready_made(content.ready_made, signature, resolved, chosen_type, labels)
    chosen_labels = content.labels if labels is None else labels
    config = render_config_pbtxt(
        model,
        signature,
        resolved,
        labels=chosen_labels is not None,
        gpu=is_gpu_instance(chosen_type),
        engine=model_format.engine,
    )
    return Inspection(
        signature,
        resolved,
        chosen_type,
        config,
        chosen_labels,
        labelled=chosen_labels is not None,
        model_format=model_format,
    )


def _of_ready_made(
    ready_made: ReadyMade,
    signature: Signature,
    spec: DeploySpec,
    instance_type: str,
    labels: bytes | None,
) -> Inspection:
    if labels is not None:
        raise SpecRejected(
            "There is a labels.txt beside a model repository, which is passed on as it is.",
            "Put labels.txt into the archive, beside the config.pbtxt that names it as "
            "label_filename, and take it away from beside it; then drop the archive again.",
        )
    return Inspection(
        signature,
        spec,
        instance_type,
        ready_made.config_pbtxt,
        labels=None,
        labelled=ready_made.labelled,
        model_format=REPOSITORY,
        default_model=ready_made.default_model,
    )
