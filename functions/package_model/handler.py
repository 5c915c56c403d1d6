"""Package Model: writes the Triton model repository as objects or as model.tar.gz."""

from model_packager.formats.registry import format_of
from model_packager.names.artifact import artifact_key, artifact_prefix
from model_packager.stored import Package
from package_model.dropped_archive import pass_on
from package_model.packed_repository import pack
from package_model.plain_repository import lay_out
from package_model.sample import keep_sample
from workflow.contracts.deploy_model import PackageModelInput, PackageModelOutput
from workflow.settings import PackageModelSettings
from workflow.step import step


@step(PackageModelInput)
def handler(event: PackageModelInput) -> PackageModelOutput:
    """Write what does not exist yet. Memory does not grow with the size of the model."""
    bucket, deployment = PackageModelSettings.read().artifact_bucket, event.deployment
    keep_sample(
        event.source, event.sample, bucket, artifact_prefix(deployment.model, deployment.version)
    )
    model_format = format_of(event.source.key)
    compressed = model_format.is_compressed(event.packaging)
    key = artifact_key(
        deployment.model, deployment.version, compressed=compressed, pool=deployment.pool
    )
    if not compressed:
        checksum = lay_out(event, bucket, key)
    elif model_format.path is None:
        checksum = pass_on(event.source, bucket, key)
    else:
        checksum = pack(event, bucket, key)
    package = Package(artifact_uri=f"s3://{bucket}/{key}", source_checksum=checksum)
    return PackageModelOutput(package=package)
