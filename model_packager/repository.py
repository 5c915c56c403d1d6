"""Where the files of a Triton model repository lie.

Source: Triton's model repository documentation, and for SageMaker the container's `serve` script,
which refuses a config.pbtxt at the root of the archive (triton-inference-server/server,
docker/sagemaker/serve).
"""

LABELS_FILE = "labels.txt"


def model_path(model: str) -> str:
    """Give the path of version 1 of a model, under the file name that Triton expects."""
    return f"{model}/1/model.pt"


def labels_path(model: str) -> str:
    """Give the path of the class labels that config.pbtxt names as `label_filename`."""
    return f"{model}/{LABELS_FILE}"


def config_path(model: str) -> str:
    """Give the path of the model's configuration."""
    return f"{model}/config.pbtxt"
