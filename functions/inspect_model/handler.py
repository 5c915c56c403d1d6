"""Inspect Model: rejects a model that cannot be served; returns what later states need."""

import io

from inspect_model.cpu_test import cpu_test
from inspect_model.hosting import hosting
from inspect_model.move import require_moved
from inspect_model.sidecars import WeightFiles, labels_sidecar, sample_sidecars
from inspect_model.spec_values import spec_values
from inspect_model.uploader import with_uploader
from model_packager.formats.registry import format_of
from model_packager.inspection import inspect_model
from model_packager.names.drop import model_name
from model_packager.names.endpoint import endpoint_name, pool_endpoint_name
from model_packager.names.version import content_of, version_of
from model_packager.sagemaker.payload_fit import check_random_request, largest_test_request
from model_packager.stored import Deployment, ServableModel, Source
from workflow.contracts.deploy_model import InspectModelInput, InspectModelOutput
from workflow.drop.source_object import SourceReader, head_source, read_sidecar
from workflow.drop.spec_text import read_spec_text
from workflow.pool.membership import require_same_home
from workflow.settings import InspectModelSettings
from workflow.step import note, step
from workflow.versions.claim import claim
from workflow.versions.model_folder import require_folder


@step(InspectModelInput)
def handler(event: InspectModelInput) -> InspectModelOutput:
    """Inspect the file without loading it, and claim the version for this execution."""
    settings = InspectModelSettings.read()
    spec_text = read_spec_text(event.source)
    deployment = _deployment(event, spec_text or "", settings.endpoint_prefix)
    labels = labels_sidecar(event.source)
    dropped = head_source(event.source)
    weights = WeightFiles(event.source)
    model_format = format_of(event.source.key)
    reader = SourceReader(event.source, dropped["ContentLength"])
    inspection = inspect_model(
        io.BufferedReader(reader, model_format.buffer_bytes),
        deployment.model,
        spec=spec_text,
        labels=read_sidecar(event.source, labels) if labels else None,
        instance_type=settings.instance_type,
        release=settings.triton_release,
        model_format=model_format,
        sibling_size=weights.size,
    )
    deployment = _in_pool(deployment, inspection.spec.hosting.pool, settings.endpoint_prefix)
    _require_home(settings.artifact_bucket, deployment, event.source, inspection.spec.move_from)
    sample = sample_sidecars(event.source)
    if not sample:
        check_random_request(inspection.signature, largest_test_request(inspection.spec.hosting))
    weight_files = weights.sidecars(inspection.weight_files)
    test, warnings = cpu_test(event.source, weight_files, sample, settings.cpu_test)
    servable = ServableModel(
        signature=inspection.signature,
        spec=inspection.spec,
        hosting=hosting(inspection, settings),
        config_pbtxt=inspection.config_pbtxt,
        has_labels=inspection.has_labels,
        warnings=(*inspection.warnings, *warnings),
    )
    return InspectModelOutput(
        source=with_uploader(event.source, dropped["Metadata"], redeploying=event.redeploying),
        servable=servable,
        spec_values=spec_values(inspection, settings.instance_count),
        labels=labels,
        sample=sample,
        weights=weight_files,
        cpu_test=test,
        deployment=claim(settings.artifact_bucket, deployment),  # last, after all checks
    )


def _deployment(event: InspectModelInput, spec_text: str, prefix: str) -> Deployment:
    model = model_name(event.source.key)
    content = content_of(event.source.etag, spec_text)
    deployment = Deployment(
        model=model,
        version=version_of(event.event_time, content, event.sequencer),
        endpoint=endpoint_name(prefix, model),
        execution_arn=event.execution_arn,
        content=content,
        sequencer=event.sequencer,
    )
    note(version=deployment.version, endpoint=deployment.endpoint)
    return deployment


def _in_pool(deployment: Deployment, pool: str | None, prefix: str) -> Deployment:
    """Return the deployment on the endpoint of the pool that the spec names, if it names one."""
    if pool is None:
        return deployment
    endpoint = pool_endpoint_name(prefix, pool)
    note(endpoint=endpoint)
    return deployment.model_copy(update={"pool": pool, "endpoint": endpoint})


def _require_home(
    bucket: str, deployment: Deployment, source: Source, move_from: str | None
) -> None:
    """Check that the model stays in its folder and on its endpoint, or that the spec moves it."""
    require_moved(source, move_from)
    require_folder(bucket, deployment.model, source, move_from)
    require_same_home(bucket, deployment)
