"""The paths of files in a Triton model repository.

Source: Triton's model repository documentation, and for SageMaker the container's `serve` script,
which refuses a config.pbtxt at the root of the archive (triton-inference-server/server,
docker/sagemaker/serve).
"""

from model_packager.names.drop import LABELS_FILE


def model_path(model: str, path: str = "1/model.pt") -> str:
    """Return the path of a model's file: in version 1, under the name that Triton expects.

    Args:
        model: the model's name.
        path: the file's path in the model's folder (`ModelFormat.path`).
    """
    return f"{model}/{path}"


def weights_path(path: str, name: str) -> str:
    """Return the path of a weight file, which is next to the model's file.

    Args:
        path: the path of the model's file (`ModelFormat.path`).
        name: the weight file's path relative to the model's file.
    """
    return path[: path.rfind("/") + 1] + name


def labels_path(model: str) -> str:
    """Return the path of the class labels that config.pbtxt names as `label_filename`."""
    return f"{model}/{LABELS_FILE}"


def config_path(model: str) -> str:
    """Return the path of the model's configuration."""
    return f"{model}/config.pbtxt"
