"""The description of a model format.

Each format has its own module; `model_files.FORMAT_PATHS` lists them.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from model_packager.model_warnings import Host, ModelWarning
from model_packager.rejection import SpecRejected
from model_packager.repository.config_pbtxt import BackendField
from model_packager.signature import Signature
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_spec import Packaging


@dataclass(frozen=True)
class ReadyMade:
    """A dropped model repository, with its own config.pbtxt files.

    Attributes:
        default_model: the model that serves the endpoint's requests.
        config_pbtxt: that model's configuration.
        has_labels: whether the config names a file of class labels for the first output.
        called_models: other models that the code of its models calls.
    """

    default_model: str
    config_pbtxt: str
    has_labels: bool
    called_models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Content:
    """The parts of a model file that the deployment needs.

    Attributes:
        signature: returns the inputs and outputs; deploy.yaml takes precedence. Raises
            SpecRejected if deploy.yaml contradicts the model, or lacks something.
        deploy_yaml: the spec inside the file.
        labels: class labels inside the file.
        ready_made: set if the file is a whole model repository.
        warnings: returns warnings about the model on a host.
        require_release: raises ModelRejected if a Triton release, such as "26.05", cannot load
            the model.
        weight_files: the paths of the weight files next to the model that it reads.
        require_weights: takes the size in bytes of each existing weight file, by path. Raises
            ModelRejected if one is missing or too small.
        check_host: raises ModelRejected if the model does not run on a host.
    """

    signature: Callable[[DeploySpec], Signature]
    deploy_yaml: str | None = None
    labels: bytes | None = None
    ready_made: ReadyMade | None = None
    warnings: Callable[[Signature, Host], tuple[ModelWarning, ...]] = lambda _signature, _host: ()
    require_release: Callable[[str], None] = lambda _release: None
    weight_files: tuple[str, ...] = ()
    require_weights: Callable[[Mapping[str, int]], None] = lambda _sizes: None
    check_host: Callable[[Host], None] = lambda _host: None


@dataclass(frozen=True)
class ModelFormat:
    """One format of model files, and how Triton serves it.

    Attributes:
        object_name: the name of the dropped object, such as "model.onnx".
        title: its name in messages, such as "an ONNX model".
        summary: what the file is, for the table in docs/model-files.md.
        spec: what deploy.yaml must contain, for the same table.
        read: reads a seekable file and the model's name, and executes nothing. Raises
            ModelRejected if Triton cannot serve the file.
        weight_files: returns the paths of the weight files next to a seekable model file that the
            model reads. Raises ModelRejected as `read` does.
        backend_field: the field of config.pbtxt that selects the backend or platform, with its
            value.
        path: the file's path in the model's folder; None for a whole repository.
        is_folder: whether the file is a .tar.gz of a folder, which Triton needs unpacked at `path`.
        first_release: the first Triton release that serves it; None without a limit.
        last_release: the last Triton release that serves it; None without a limit.
        buffer_bytes: how much to read at a time.
        needs_gpu: whether the format cannot run on a CPU.
        recognizes: returns True for a file that clearly has this format, whatever its name.
        advice: a hint for uploading a file with another name as this format.
    """

    object_name: str
    title: str
    summary: str
    spec: str
    read: Callable[[BinaryIO, str], Content]
    backend_field: BackendField
    path: str | None
    is_folder: bool = False
    weight_files: Callable[[BinaryIO], tuple[str, ...]] = lambda _file: ()
    first_release: str | None = None
    last_release: str | None = None
    buffer_bytes: int = io.DEFAULT_BUFFER_SIZE
    needs_gpu: bool = False
    recognizes: Callable[[BinaryIO], bool] = lambda _file: False
    advice: str = ""

    def is_compressed(self, requested: Packaging) -> bool:
        """Return whether the model goes to SageMaker as model.tar.gz.

        Archives stay archives: a whole repository is copied unchanged, and unpacking a folder would
        move all its bytes through the function into many objects.
        """
        return requested is Packaging.TAR_GZ or self.path is None or self.is_folder


def require_release(model_format: ModelFormat, release: str) -> None:
    """Reject a format that the stack's Triton release does not serve.

    Args:
        model_format: the format of the dropped model.
        release: the Triton release, such as "26.05".

    Raises:
        SpecRejected: the release does not serve the format. The error names the releases that do.
    """
    first, last = model_format.first_release, model_format.last_release
    if (first is None or release >= first) and (last is None or release <= last):
        return
    which = f"from {first} on" if last is None else f"up to {last}"
    raise SpecRejected(
        f"The file is {model_format.title}. Triton serves that in its releases {which}, but "
        f"the stack uses {release}.",
        f"Deploy the stack with a release {which} (parameter TritonRelease), or convert the model "
        "to ONNX or TorchScript; then upload it again.",
    )
