"""The keys of a model and its versions in the artifact bucket."""

from model_packager.names.pool import pool_archive_key
from model_packager.names.version import VERSION


def artifact_prefix(model: str, version: str) -> str:
    """Return the key prefix of a version's files in the artifact bucket."""
    return f"{model}/{version}/"


def artifact_key(model: str, version: str, *, compressed: bool, pool: str | None = None) -> str:
    """Return the key of a version's model repository in the artifact bucket.

    Args:
        model: the model's name.
        version: the version's name.
        compressed: true for the key of an archive; false for the prefix of plain objects, which
            ends in a slash, as SageMaker requires (S3ModelDataSource API reference, S3DataType).
        pool: the model's pool, which accepts only archives; None without a pool.
    """
    if pool is not None:
        return pool_archive_key(pool, model, version)
    return f"{artifact_prefix(model, version)}{'model.tar.gz' if compressed else 'model/'}"


def claim_key(model: str, version: str) -> str:
    """Return the key of claim.json, which names the execution that owns a version."""
    return f"{artifact_prefix(model, version)}claim.json"


def record_key(model: str, version: str) -> str:
    """Return the key of a version's deployment record in the artifact bucket."""
    return f"{artifact_prefix(model, version)}deployment.json"


def live_key(model: str) -> str:
    """Return the key of live.json, which names the live version, in the artifact bucket."""
    return f"{model}/live.json"


def last_number_key(model: str) -> str:
    """Return the key of the number of a model's last version in the artifact bucket."""
    return f"_numbers/{model}.json"


def version_of_folder(model: str, prefix: str) -> str | None:
    """Return the version in a key prefix of the artifact bucket, or None."""
    version = prefix.removeprefix(f"{model}/").rstrip("/")
    return version if VERSION.fullmatch(version) else None
