"""All versions of a model that have any resources."""

from __future__ import annotations

from model_packager.names.artifact import version_of_folder
from model_packager.names.endpoint import resource_name, version_in
from workflow.aws.clients import s3, sagemaker
from workflow.versions.ownership import other_model


def known_versions(bucket: str, model: str, endpoint: str) -> set[str]:
    """Return every version that has an endpoint config, a SageMaker model, or files.

    Versions of another model with the same endpoint name are left out.
    """
    configs, files = _of_configs(endpoint), _of_files(bucket, model)
    foreign = {each for each in configs if other_model(resource_name(endpoint, each), model)}
    return (configs | _of_models(endpoint)) - foreign | files


def _of_configs(endpoint: str) -> set[str]:
    pages = sagemaker().get_paginator("list_endpoint_configs").paginate(NameContains=endpoint)
    names = [each["EndpointConfigName"] for page in pages for each in page["EndpointConfigs"]]
    return {version for name in names if (version := version_in(endpoint, name))}


def _of_models(endpoint: str) -> set[str]:
    pages = sagemaker().get_paginator("list_models").paginate(NameContains=endpoint)
    names = [each["ModelName"] for page in pages for each in page["Models"]]
    return {version for name in names if (version := version_in(endpoint, name))}


def _of_files(bucket: str, model: str) -> set[str]:
    pages = s3().get_paginator("list_objects_v2")
    listing = pages.paginate(Bucket=bucket, Prefix=f"{model}/", Delimiter="/")
    folders = [each["Prefix"] for page in listing for each in page.get("CommonPrefixes", [])]
    return {version for folder in folders if (version := version_of_folder(model, folder))}
