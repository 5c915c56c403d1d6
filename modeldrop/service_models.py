"""Reads botocore's models of AWS services once per process, and only the needed ones.

For each session, botocore itself searches the folders of all services to find one, and parses its
files into ordered dictionaries. This takes longer than the requests of most commands.
"""

from __future__ import annotations

import gzip
import json
from collections import UserList
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import DataNotFoundError
from botocore.loaders import JSONFileLoader, Loader, create_loader

if TYPE_CHECKING:
    from botocore.session import Session

_BOTO3_DATA = str(Path(boto3.__file__).parent / "data")


def share_models(core: Session) -> Session:
    """Make a new botocore session use the models that other sessions have read, and return it.

    AWS_DATA_PATH and the profile's `data_path` still apply.
    """
    core.lazy_register_component(
        "data_loader", lambda: model_loader(core.get_config_variable("data_path"))
    )
    return core


@cache
def model_loader(data_path: str | None) -> ModelLoader:
    """Return the cached loader for a data path of botocore."""
    return ModelLoader(create_loader(data_path).search_paths)


class ModelLoader(Loader):
    """Finds a service by name, and parses its files into plain dictionaries."""

    def __init__(self, search_paths: list[str]) -> None:
        super().__init__(search_paths, _PlainFiles(), include_default_search_paths=False)

    @property
    def search_paths(self) -> list[str]:
        """The folders with models, including boto3's own, which boto3 adds in each session."""
        return [*super().search_paths, _BOTO3_DATA]

    def list_available_services(self, type_name: str) -> list[str]:
        """Return the services with a file of this type; searches only if the result is used."""
        return _Services(self, type_name)  # type: ignore[return-value]  # has all methods of a list


class _Services(UserList[str]):
    """A list of services that supports `in`, the only need of a client, without a search."""

    def __init__(self, loader: ModelLoader, type_name: str) -> None:
        self._loader = loader
        self._type_name = type_name

    @cached_property
    def data(self) -> list[str]:  # type: ignore[override]  # UserList sets it at once
        return Loader.list_available_services(self._loader, self._type_name)

    def __contains__(self, service: object) -> bool:
        try:
            return bool(self._loader.list_api_versions(str(service), self._type_name))
        except DataNotFoundError:
            return False


class _PlainFiles(JSONFileLoader):
    def load_file(self, file_path: str) -> Any:
        """Return the content of a JSON file, compressed or not; None if it does not exist.

        Args:
            file_path: the path without its suffix.
        """
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return json.loads(plain.read_bytes())
        return json.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None
