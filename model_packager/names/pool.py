"""The names of a pool of models that share an endpoint."""

import re

from model_packager.names.model import MODEL_NAME
from model_packager.names.version import VERSION

POOL_ARCHIVES = "_pools/"
"""Key prefix of the folders of all pools in the artifact bucket."""

POOL_LOCKS = "_pool_locks/"
"""Key prefix of the locks of all pools in the artifact bucket."""

_ARCHIVE_KEY = re.compile(
    rf"{POOL_ARCHIVES}(?P<pool>[^/]+)/(?P<model>{MODEL_NAME.pattern})/"
    rf"(?P<version>{VERSION.pattern})\.tar\.gz"
)


def pool_config_names(endpoint: str) -> tuple[str, str]:
    """Return the names of a pool's endpoint configs and SageMaker models.

    The endpoint runs one of them. A change of the endpoint uses the other one. No name of a model
    or a pool has two hyphens in a row.
    """
    return f"{endpoint}--1", f"{endpoint}--2"


def pool_staging_name(endpoint: str) -> str:
    """Return the name of the staging endpoint that tests a change of a pool's endpoint."""
    return f"{endpoint}--staging"


def pool_prefix(pool: str) -> str:
    """Return the key prefix of a pool's archives in the artifact bucket."""
    return f"{POOL_ARCHIVES}{pool}/"


def target_model(model: str, version: str) -> str:
    """Return the TargetModel of a version: the rest of its archive's key.

    SageMaker keeps an overwritten archive in its cache, so each version has a name of its own
    (developer guide, "Add or Remove Models").
    """
    return f"{model}/{version}.tar.gz"


def pool_archive_key(pool: str, model: str, version: str) -> str:
    """Return the key of a version's archive in the artifact bucket."""
    return pool_prefix(pool) + target_model(model, version)


def pool_archive_of(key: str) -> tuple[str, str, str] | None:
    """Return the pool, the model and the version of an archive from its key, or None."""
    match = _ARCHIVE_KEY.fullmatch(key)
    return (match["pool"], match["model"], match["version"]) if match else None


def pool_lock_key(pool: str) -> str:
    """Return the key of the document that names the execution that changes a pool."""
    return f"{POOL_LOCKS}{pool}.json"
