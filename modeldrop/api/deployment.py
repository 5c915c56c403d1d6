"""`modeldrop.drop`: deploy a model, and follow its deployment."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeldrop.api.golden import write_sample
from modeldrop.api.notebook import live_display
from modeldrop.api.stack import Stack
from modeldrop.dropping.drop import Drop, model_file, model_name_for, put, with_sibling_files
from modeldrop.dropping.live_folder import check_folder
from modeldrop.dropping.offline_inspection import inspect_drop
from modeldrop.dropping.uploader import metadata_of_upload
from modeldrop.errors import CommandError, UsageError
from modeldrop.executions.following import find_execution, follow
from modeldrop.executions.outcome import read_outcome
from modeldrop.executions.usual_course import steps_of
from modeldrop.live.earlier_deployments import usual_course_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    import boto3
    import torch

    from model_packager.executions.history import StateVisit
    from modeldrop.api.golden import Expected, Input
    from modeldrop.api.stack import DeployedStack
    from modeldrop.executions.usual_course import UsualCourse

POLL_SECONDS = 1.0


class DeploymentFailed(CommandError):
    """A deployment did not succeed. `content` is the notification."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        super().__init__(content.get("cause") or content["status"], content.get("fix") or "")
        self.content = dict(content)


class Deployment:
    """A deployment that is running or has ended.

    Iterate over it to follow it: each item is a state that the workflow has left. `wait` returns
    the notification, and raises if the deployment failed. In a notebook, both show a progress bar.

    Attributes:
        model: the model's name.
        execution_arn: the ARN of the execution in Step Functions.
    """

    def __init__(self, stack: DeployedStack, model: str, execution_arn: str) -> None:
        self.model = model
        self.execution_arn = execution_arn
        self._stack = stack
        self._content: dict[str, Any] | None = None
        self._visits: list[StateVisit] = []
        self._usual: UsualCourse | None = None
        self._is_read = False

    @property
    def session(self) -> boto3.Session:
        """The session of the stack's account."""
        return self._stack.session

    def __iter__(self) -> Iterator[StateVisit]:
        """Yield each state when the workflow leaves it: its `name`, `entered` and `left`."""
        stepfunctions, shown = self._stack.session.client("stepfunctions"), 0
        show = live_display(self)
        for visits in follow(stepfunctions, self.execution_arn, POLL_SECONDS):
            self._visits = visits
            show()
            left = [visit for visit in visits if visit.left is not None]
            yield from left[shown:]
            shown = len(left)
        self._content = read_outcome(stepfunctions, self.execution_arn).notification.content
        show()

    def wait(self) -> dict[str, Any]:
        """Wait for the end, and return the notification (docs/notifications.md).

        Raises:
            DeploymentFailed: the deployment failed or was superseded.
        """
        if self._content is None:
            for _visit in self:
                pass
        assert self._content is not None  # noqa: S101 - the loop has read it
        if self._content["status"] != "SUCCEEDED":
            raise DeploymentFailed(self._content)
        return self._content

    def __repr__(self) -> str:
        """Return the model and its status."""
        return f"<Deployment of {self.model}: {self._status()}>"

    def _repr_html_(self) -> str:
        """Return the progress bar or the result as HTML, for notebooks."""
        content = self._content or {}
        rows = {
            "status": self._status(),
            "version": content.get("version"),
            "endpoint": content.get("endpoint"),
            "cause": content.get("cause"),
            "fix": content.get("fix"),
        }
        cells = "".join(
            f"<tr><th>{name}</th><td>{html.escape(str(value))}</td></tr>"
            for name, value in rows.items()
            if value
        )
        bar = "" if self._content else f"<p>{self._bar()}</p>"
        return f"<p><b>{html.escape(self.model)}</b></p>{bar}<table>{cells}</table>"

    def _bar(self) -> str:
        """Return a progress bar, without an end if the number of steps is unknown."""
        steps = self._steps()
        values = f' max="{steps}" value="{steps_of(self._visits)}"' if steps else ""
        return f"<progress{values}></progress>"

    def _steps(self) -> int | None:
        """Return the number of steps of the last deployment of this model."""
        if not self._is_read:
            self._is_read = True
            self._usual = usual_course_of(
                self._stack.session,
                self.model,
                prefix=self._stack.prefix,
                artifact_bucket=self._stack.artifact_bucket,
            )
        return max(self._usual.steps, steps_of(self._visits)) if self._usual else None

    def _status(self) -> str:
        if self._content:
            return str(self._content["status"])
        if not self._visits:
            return "not followed to its end yet"
        return f"{self._visits[-1].name}, step {steps_of(self._visits)}"


def drop(
    model: str | PathLike[str] | torch.nn.Module,
    *,
    name: str | None = None,
    example_inputs: Sequence[torch.Tensor] = (),
    golden: tuple[Input, Expected] | None = None,
    labels: Sequence[str] | None = None,
    spec: str | PathLike[str] | Mapping[str, Any] | None = None,
    prefix: str = "",
    stack: Stack | None = None,
) -> Deployment:
    """Check a model offline, upload it, and return its deployment.

    Args:
        model: a model file, or a torch.nn.Module, which is traced.
        name: the model's name; by default taken from the file name.
        example_inputs: the arguments of the module's `forward`, one tensor each. A leading
            dimension of 1 in all of them is the batch.
        golden: an input and its expected output. The input is a file (.png, .npy),
            an array or arrays by name; the output is a class, its label, an array or arrays.
        labels: the names of the classes; by default labels.txt next to the file.
        spec: deploy.yaml as a file or as its content; by default the file next to the model.
        prefix: the prefix of the model's folder in the drop bucket, such as "teams/vision".
        stack: where to deploy; by default the stack of samconfig.toml.

    Raises:
        ModelRejected, SpecRejected, ModelClientError: the pipeline would reject the drop. Nothing
            was uploaded.
        ExportRejected: the module cannot be traced.
        UsageError: a file or the name is missing, or there is no such stack.
        NotStarted: the upload started no execution.
    """
    found = (stack or Stack()).find()
    with tempfile.TemporaryDirectory(prefix="modeldrop-") as folder:
        ready = _prepared(Path(folder), model, name, example_inputs, golden, labels, spec, prefix)
        inspection = inspect_drop(ready, stack=found.parameters)
        s3 = found.session.client("s3")
        check_folder(s3, found.artifact_bucket, ready, inspection.spec.move_from)
        made_here = ready.model.is_relative_to(folder)
        source = Path.cwd() if made_here else ready.model.parent
        metadata = metadata_of_upload(found.session, source)
        dropped = put(s3, found.outputs["DropBucketName"], ready, metadata=metadata)
    arn = find_execution(found.session.client("stepfunctions"), found.machine, dropped)
    return Deployment(found, ready.name, arn)


def _prepared(
    folder: Path,
    model: str | PathLike[str] | torch.nn.Module,
    name: str | None,
    example_inputs: Sequence[torch.Tensor],
    golden: tuple[Input, Expected] | None,
    labels: Sequence[str] | None,
    spec: str | PathLike[str] | Mapping[str, Any] | None,
    prefix: str,
) -> Drop:
    """Write values that are not files to a temporary folder, and return the files to upload."""
    is_file = isinstance(model, str | Path) or hasattr(model, "__fspath__")
    file = model_file(Path(model)) if is_file else _exported(folder, model, example_inputs)  # type: ignore[arg-type]
    if not is_file and name is None:
        raise UsageError('A module has no file name: pass name="…".')
    ready = Drop(
        name or model_name_for(file),
        file,
        _spec_file(folder, spec),
        None if golden is None else folder / "sample",
        None if labels is None else folder / "labels.txt",
        prefix,
    )
    if labels is not None:
        (folder / "labels.txt").write_text("".join(f"{each}\n" for each in labels), "utf-8")
    ready = with_sibling_files(ready)
    if golden is not None:
        (folder / "sample").mkdir()
        known = labels if labels is not None else _lines(ready.labels)
        write_sample(folder / "sample", *golden, known)
    return ready


def _exported(
    folder: Path, module: torch.nn.Module, example_inputs: Sequence[torch.Tensor]
) -> Path:
    from model_packager.exporter import ModelToExport, export  # imports torch

    if not example_inputs:
        raise UsageError("Pass example_inputs=(tensor, …): a module is traced with them.")
    file = folder / "model.pt"
    export(ModelToExport(module, tuple(example_inputs)), file)
    return file


def _spec_file(folder: Path, spec: str | PathLike[str] | Mapping[str, Any] | None) -> Path | None:
    if spec is None or not isinstance(spec, Mapping):
        return None if spec is None else Path(spec)
    import yaml

    file = folder / "deploy.yaml"
    file.write_text(yaml.safe_dump(dict(spec), sort_keys=False), "utf-8")
    return file


def _lines(file: Path | None) -> list[str] | None:
    return None if file is None else file.read_text("utf-8").splitlines()
