"""`modeldrop.inspect`: check a model file offline, with the code of the pipeline."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modeldrop.dropping.drop import model_file, model_name_for
from modeldrop.dropping.offline_inspection import inspect_file

if TYPE_CHECKING:
    from os import PathLike

    from model_packager.inspection import Inspection
    from model_packager.model_warnings import ModelWarning
    from model_packager.signature import Signature
    from model_packager.spec.deploy_spec import DeploySpec
    from modeldrop.api.stack import Stack


@dataclass(frozen=True)
class InspectionReport:
    """A model file that the pipeline accepts.

    Attributes:
        file: the model file.
        model: the model's name.
        inspection: everything that the inspection found.
    """

    file: Path
    model: str
    inspection: Inspection

    @property
    def signature(self) -> Signature:
        """The inputs and outputs: names, dtypes, and dims without the batch dimension."""
        return self.inspection.signature

    @property
    def warnings(self) -> tuple[ModelWarning, ...]:
        """Possible problems of the model, each with `cause` and `fix`."""
        return self.inspection.warnings

    @property
    def config(self) -> str:
        """The config.pbtxt for Triton."""
        return self.inspection.config_pbtxt

    @property
    def spec(self) -> DeploySpec:
        """The deploy.yaml, with defaults."""
        return self.inspection.spec

    def __str__(self) -> str:
        """Return signature and warnings as lines of text."""
        rows = [f"  {' '.join(each)}" for each in self._tensors()]
        warnings = [f"Warning: {each.cause} {each.fix}" for each in self.warnings]
        title = f"{self.file} is valid, max_batch_size {self.signature.max_batch_size}"
        return "\n".join([title, *rows, *warnings])

    def _repr_html_(self) -> str:
        """Return the report as HTML, for notebooks."""
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._tensors()
        )
        warnings = "".join(
            f"<p>Warning: {html.escape(each.cause)} {html.escape(each.fix)}</p>"
            for each in self.warnings
        )
        return (
            f"<p><b>{html.escape(str(self.file))}</b> is valid, max_batch_size "
            f"{self.signature.max_batch_size}</p><table>{rows}</table>{warnings}"
        )

    def _tensors(self) -> list[tuple[str, str, str, str]]:
        return [
            (kind, tensor.name, str(tensor.dtype), str(list(tensor.dims)))
            for kind, tensors in (
                ("input", self.signature.inputs),
                ("output", self.signature.outputs),
            )
            for tensor in tensors
        ]


def inspect(
    file: str | PathLike[str],
    *,
    spec: str | PathLike[str] | None = None,
    name: str | None = None,
    stack: Stack | None = None,
) -> InspectionReport:
    """Check a model file, and the files next to it, as the pipeline does.

    Args:
        file: the model; its suffix determines the format.
        spec: deploy.yaml; by default the one next to the file, if it exists.
        name: the model's name; by default taken from the file name.
        stack: also apply the limits of this stack, such as AllowedInstanceTypes.

    Raises:
        ModelRejected: Triton cannot serve the model, or the name is invalid.
        SpecRejected: deploy.yaml is invalid, or missing although the model needs it.
        UsageError: a file is missing, or there is no such stack.
    """
    path = model_file(Path(file))
    model = name or model_name_for(path)
    parameters = None if stack is None else stack.find().parameters
    found = inspect_file(path, None if spec is None else Path(spec), model, stack=parameters)
    return InspectionReport(path, model, found)
