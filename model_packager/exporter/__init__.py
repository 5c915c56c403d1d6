"""Exports a PyTorch model to a model.pt that includes its deployment settings.

Only this package imports torch, and no Lambda function imports it. The written file contains its
signature (extra/deploy.yaml) and, if known, its class labels (extra/labels.txt).

The same model produces the same bytes if the versions of torch and Python and the folder are the
same, in a new process: torch numbers the classes of a process (`___torch_mangle_7`) and records the
paths of their source files.
"""

from model_packager.exporter.factory import export_factory
from model_packager.exporter.model_to_export import ExportRejected, ModelToExport
from model_packager.exporter.torchscript_file import export
from model_packager.exporter.torchvision_classifier import export_torchvision

__all__ = ["ExportRejected", "ModelToExport", "export", "export_factory", "export_torchvision"]
