"""Reads the config.pbtxt files of an archive."""

from __future__ import annotations

from model_packager.formats.pbtxt_reader import (
    Message,
    PbtxtDamaged,
    PbtxtTooLarge,
    TokenBudget,
    parse_pbtxt,
)
from model_packager.formats.triton_repository.backends import ENSEMBLE
from model_packager.formats.triton_repository.config.field_check import check_config
from model_packager.formats.triton_repository.config.model_config import AGAIN, ModelConfig, text
from model_packager.formats.triton_repository.repository_files import RepositoryFiles
from model_packager.rejection import ModelRejected

MAX_CONFIG_TOKENS = 100_000
"""The maximum for all configs of an archive, which takes a second and 60 MB. A config of Modeldrop
has 3 KB and 300 tokens."""


class Configs:
    """The configs of an archive, which are read once and share one token budget."""

    def __init__(self, files: RepositoryFiles) -> None:
        """Parse all configs.

        Raises:
            ModelRejected: they have more than MAX_CONFIG_TOKENS tokens.
        """
        self._damaged: dict[str, PbtxtDamaged] = {}
        self._configs: dict[str, ModelConfig] = {}
        budget = TokenBudget(MAX_CONFIG_TOKENS)
        for name, folder in files.models.items():
            message = Message()
            try:
                message = parse_pbtxt(folder.config or "", budget)
            except PbtxtTooLarge as damage:
                raise ModelRejected(
                    f"{name:.120}/config.pbtxt is too large: {damage}.",
                    "Shorten it, or upload a repository with fewer models.",
                ) from damage
            except PbtxtDamaged as damage:
                self._damaged[name] = damage
            self._configs[name] = ModelConfig(name, message, _printable(folder.config))

    def ensembles(self) -> list[str]:
        """Return the models whose platform is ensemble."""
        return [
            name
            for name, each in self._configs.items()
            if text(each.message, "platform") == ENSEMBLE
        ]

    def read(self, name: str) -> ModelConfig:
        """Return a config after checking its fields.

        Raises:
            ModelRejected: it is damaged, or has a field or value that Triton does not know.
        """
        damage = self._damaged.get(name)
        if damage is not None:
            raise ModelRejected(
                f"{name:.120}/config.pbtxt cannot be read: {damage}.",
                f"Fix it (protobuf's text format: `max_batch_size: 8`, `input [ {{ … }} ]`), "
                f"{AGAIN}",
            ) from damage
        config = self._configs[name]
        check_config(config)
        return config


def _printable(config: str | None) -> str | None:
    """Replace bytes that are not UTF-8; None stays None."""
    return config and config.encode(errors="surrogateescape").decode(errors="replace")
