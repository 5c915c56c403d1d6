"""The whole verdict on a model file: the one engine of the Inspect Model step and the command."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from model_packager.config_pbtxt import render_config_pbtxt
from model_packager.deploy_spec import DeploySpec, resolve_with_places
from model_packager.instance_fit import check_fit
from model_packager.model_warnings import ModelWarning, host, model_warnings
from model_packager.signature import Signature, resolve_signature
from model_packager.spec_text import Path, Place
from model_packager.torchscript import read_torchscript
from model_packager.triton_image import is_gpu_instance


@dataclass(frozen=True)
class Inspection:
    """A model that can be served, and how.

    Attributes:
        instance_type: of the endpoint, such as ml.g4dn.xlarge.
        labels: content of labels.txt, one class a line; None where the model has none.
        warnings: what may go wrong all the same.
        places: where in which text each value of the spec stands, by its path.
        notes: what a person should know of how the model fits onto the instance.
    """

    signature: Signature
    spec: DeploySpec
    instance_type: str
    config_pbtxt: str
    labels: bytes | None
    warnings: tuple[ModelWarning, ...]
    places: Mapping[Path, Place] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def inspect_model(
    file: BinaryIO,
    model: str,
    *,
    spec: str | None,
    labels: bytes | None,
    instance_type: str,
    release: str,
) -> Inspection:
    """Judge a model file without loading it.

    Args:
        file: the model, seekable; only its directory and its code are read.
        model: the name to serve it under.
        spec: text of the deploy.yaml beside it.
        labels: content of the labels.txt beside it; it wins over the one inside.
        instance_type: what holds where the spec names none.
        release: Triton's, such as "26.05".

    Raises:
        ModelRejected: Triton would not serve it.
        SpecRejected: its deploy.yaml is wrong, or is needed and does not say enough, or the model
            cannot run on the instance type.
    """
    archive = read_torchscript(file)
    joined = resolve_with_places(beside=spec, inside=archive.deploy_yaml)
    resolved = joined.spec
    signature = resolve_signature(archive, resolved)
    chosen_type = resolved.endpoint.instance_type or instance_type
    chosen_labels = archive.labels if labels is None else labels
    config = render_config_pbtxt(
        model,
        signature,
        resolved,
        labels=chosen_labels is not None,
        gpu=is_gpu_instance(chosen_type),
    )
    return Inspection(
        signature=signature,
        spec=resolved,
        instance_type=chosen_type,
        config_pbtxt=config,
        labels=chosen_labels,
        warnings=model_warnings(archive, signature, host(release, chosen_type, resolved)),
        places=joined.places,
        notes=check_fit(resolved, chosen_type, weight_bytes=file.seek(0, os.SEEK_END)),
    )
