from __future__ import annotations

import pytest

from model_packager.spec.deploy_spec import parse_deploy_spec
from modeldrop.tuning.endpoint_server import without_staging


@pytest.mark.parametrize(
    ("spec", "strategy"),
    [
        ("", "all_at_once"),
        ("max_batch_size: 4\n", "all_at_once"),
        ("rollout:\n  # strategy: canary\n", "all_at_once"),
        ('{\n\t"rollout": {"strategy": "canary"}\n}', "canary"),
        ("rollout: {strategy: canary, staging: true}\n", "canary"),
    ],
)
def test_candidate_is_tested_on_its_only_endpoint(spec: str, strategy: str) -> None:
    parsed = parse_deploy_spec(without_staging(spec), origin="deploy.yaml")
    assert (parsed.rollout.staging, parsed.rollout.strategy) == (False, strategy)
