"""Exports a classifier of torchvision, with the preprocessing of its training."""

from pathlib import Path

import torch

from model_packager.exporter.model_to_export import ExportRejected, ModelToExport
from model_packager.exporter.random_numbers import seeded
from model_packager.exporter.torchscript_file import Method, export
from model_packager.spec.deploy_spec import DeploySpec


def export_torchvision(
    name: str,
    output: Path,
    *,
    weights: str | None = None,
    seed: int = 0,
    method: Method = "trace",
) -> DeploySpec:
    """Export a classifier of torchvision.

    Args:
        name: the name in torchvision, such as "resnet50".
        output: where to write model.pt.
        weights: such as "DEFAULT", which torch downloads; None for random weights.
        seed: for the random weights.
        method: "trace" or "script".

    Returns:
        The spec inside the file.

    Raises:
        ExportRejected: the model or its weights do not exist, or cannot be downloaded.
    """
    return export(torchvision_classifier(name, weights=weights, seed=seed), output, method=method)


def torchvision_classifier(name: str, *, weights: str | None, seed: int) -> ModelToExport:
    """Build a classifier of torchvision, with the preprocessing of its training.

    Raises:
        ExportRejected: the model or its weights do not exist, or cannot be downloaded.
    """
    import torchvision  # takes seconds, and factories may not need it

    known = torchvision.models.list_models(module=torchvision.models)
    if name not in known:
        raise ExportRejected(
            f"torchvision has no classifier called {name!r}; it has {', '.join(known)}.",
            "Choose one of these, or write a factory: `modeldrop export MODULE:FACTORY`.",
        )
    choices = torchvision.models.get_model_weights(name)
    if weights is not None and weights not in choices.__members__:
        raise ExportRejected(
            f"{name} has no weights called {weights!r}; it has {', '.join(choices.__members__)}.",
            "Choose one of these, or none for random weights.",
        )
    chosen = choices[weights or "DEFAULT"]
    preset = chosen.transforms()
    picture = {
        "resize": preset.resize_size[0],
        "crop": preset.crop_size[0],
        "interpolation": preset.interpolation.value,
        "mean": list(preset.mean),
        "std": list(preset.std),
    }
    with seeded(seed):
        try:
            module = torchvision.models.get_model(name, weights=chosen if weights else None)
        except OSError as error:  # includes urllib's URLError
            raise ExportRejected(
                f"The weights of {name} cannot be downloaded: {error}.",
                "Export where the internet can be reached, or with random weights.",
            ) from error
        example = torch.randn(1, 3, picture["crop"], picture["crop"])
    labels = tuple(chosen.meta["categories"]) if weights else None
    return ModelToExport(module, (example,), labels, {"smoke_test": {"picture": picture}})
