from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

from modeldrop.api.stack import Stack
from modeldrop.local.access.credentials import random_credentials
from modeldrop.local.aws_session import local_session, write_config
from modeldrop.service_models import ModelLoader, model_loader, share_models

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def loader() -> ModelLoader:
    return ModelLoader(Loader().search_paths)


def test_models_are_those_that_botocore_reads(loader: ModelLoader) -> None:
    original = Loader()
    for type_name in ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1"):
        mine = loader.load_service_model("sagemaker", type_name)
        assert mine == original.load_service_model("sagemaker", type_name)
    # This file is not in the archive.
    assert loader.load_data("endpoints") == original.load_data("endpoints")


def test_services_are_searched_for_only_to_list_them(loader: ModelLoader) -> None:
    services = loader.list_available_services("service-2")
    assert "sagemaker" in services
    assert "no-such-service" not in services
    assert "data" not in vars(services)  # a search would cache it there
    assert list(services) == Loader().list_available_services("service-2")


def test_unknown_service_is_an_error_with_the_known_ones(loader: ModelLoader) -> None:
    with pytest.raises(UnknownServiceError, match=r"Unknown service: 'sagemakr'.* sagemaker,"):
        loader.load_service_model("sagemakr", "service-2")
    with pytest.raises(UnknownServiceError):  # the service has no file of this type
        loader.load_service_model("sagemaker", "waiters-3")


def session() -> boto3.Session:
    core = share_models(botocore.session.get_session())
    return boto3.Session("id", "secret", region_name="us-east-1", botocore_session=core)


def test_sessions_share_what_they_read(monkeypatch: pytest.MonkeyPatch) -> None:
    session().client("sqs")
    paths = list(model_loader(None).search_paths)

    def refuse(*_: object) -> Any:
        raise AssertionError("a model is read twice")

    monkeypatch.setattr(json, "loads", refuse)
    session().client("sqs")
    assert model_loader(None).search_paths == paths


def test_commands_use_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Any:
        raise AssertionError("botocore makes a loader of its own")

    monkeypatch.setattr(botocore.session, "create_loader", refuse)
    on_aws, _ = Stack(region="us-east-1").place()
    url, config = "http://127.0.0.1:1", tmp_path / "config"
    write_config(config)
    on_cloud = local_session(url, url, config, random_credentials())
    assert on_aws.client("sqs").meta.region_name == on_cloud.client("sqs").meta.region_name


def test_own_models_and_those_of_boto3_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own" / "2026-01-01"
    folder.mkdir(parents=True)
    model = Loader().load_service_model("sqs", "service-2")
    (folder / "service-2.json").write_text(json.dumps(model))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    own: Any = session()
    assert own.client("own", endpoint_url="http://127.0.0.1:1").meta.service_model.api_version
    assert {"own", "sqs"} <= set(own.get_available_services())
    assert own.resource("sqs").meta.service_name == "sqs"
