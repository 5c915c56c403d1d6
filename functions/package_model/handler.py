"""Package Model: the Triton model repository, as model.tar.gz in the artifact bucket."""

from model_packager.archive import SizeChanged
from model_packager.formats import format_of
from model_packager.names import artifact_prefix
from package_model.copy import copy_source
from package_model.digest import sha256
from package_model.labels import read_labels
from package_model.layout import write
from package_model.multipart_upload import MultipartUpload, object_exists
from package_model.sample import keep_sample
from workflow.contracts import Package, PackageModelInput, PackageModelOutput
from workflow.settings import PackageModelSettings
from workflow.source_object import source_changed, source_size
from workflow.step import step


@step(PackageModelInput)
def handler(given: PackageModelInput) -> PackageModelOutput:
    """Stream the archive from S3 to S3, once; memory stays flat in the size of the model."""
    bucket = PackageModelSettings.read().artifact_bucket
    prefix = artifact_prefix(given.deployment.model, given.deployment.version)
    key = f"{prefix}model.tar.gz"
    keep_sample(given.source, given.sample, bucket, prefix)
    if not object_exists(bucket, key):
        size = source_size(given.source)
        if format_of(given.source.key).path is None:
            copy_source(given.source, size, bucket, key)
        else:
            _package(given, size, bucket, key)
    package = Package(artifact_uri=f"s3://{bucket}/{key}", source_sha256=sha256(given.source))
    return PackageModelOutput(package=package)


def _package(given: PackageModelInput, size: int, bucket: str, key: str) -> None:
    labels = read_labels(given.source, size, given.labels) if given.labelled else None
    try:
        with MultipartUpload(bucket, key, size) as upload:
            write(upload, given, size, labels)
    except SizeChanged as error:
        raise source_changed(given.source) from error
