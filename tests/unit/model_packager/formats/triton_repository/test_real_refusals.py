"""The offline inspection rejects what Triton rejects, unless only running code shows it."""

from __future__ import annotations

import pytest

from model_packager.rejection import Rejection
from tests.local_sagemaker.refused_models import REFUSED_MODELS
from tests.unit.model_packager.formats.archives.raw_tar import gzipped, member
from tests.unit.model_packager.formats.triton_repository.repositories import inspected

AT_RUN_TIME = {
    "custom-operator",
    "python-import",
    "python-memory",
    "python-numpy-memory",
    "python-torch-memory",
    "warm-up",
}


@pytest.mark.parametrize("name", REFUSED_MODELS)
def test_refused_offline(name: str) -> None:
    files = REFUSED_MODELS[name]()
    content = gzipped(*(member(path, each) for path, each in files.items()))
    refused = False
    try:
        inspected(content, spec="endpoint: {instance_type: ml.c6i.xlarge}")
    except Rejection:
        refused = True
    assert refused != (name in AT_RUN_TIME)
