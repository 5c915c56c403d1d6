"""A deployment record, and what is live, as Record Deployment writes them."""

from __future__ import annotations

from datetime import UTC, datetime

from model_packager.deploy_spec import DeploySpec, Endpoint
from tests.unit.functions.given import ARTIFACTS, DEPLOYMENT, HOSTING, signature, source
from workflow.contracts import Package, SmokeResult
from workflow.deployment_record import DeploymentRecord, write_record

DEPLOYED_AT = datetime(2026, 8, 1, 15, 30, tzinfo=UTC)
SMOKE = SmokeResult(
    passed=True,
    request_format="binary",
    input="random data, seed 0",
    requests=5,
    first_ms=2.0,
    p50_ms=1.0,
    p95_ms=2.0,
    request_bytes=100,
    response_bytes=100,
    output_shapes={"OUTPUT__0": [1, 2]},
    golden="none",
    limits={},
    checks=["names, dtypes, shapes and values of all outputs"],
    top=[],
)


def record(
    deployed_at: datetime = DEPLOYED_AT, time_to_live_hours: float | None = None
) -> DeploymentRecord:
    return DeploymentRecord(
        deployment=DEPLOYMENT,
        deployed_at=deployed_at,
        restored=False,
        supersedes=None,
        source=source("abc"),
        package=Package(artifact_uri="s3://artifacts/model.tar.gz", source_checksum=None),
        signature=signature(),
        spec=DeploySpec(endpoint=Endpoint(time_to_live_hours=time_to_live_hours)),
        hosting=HOSTING,
        config_pbtxt="",
        labelled=False,
        warnings=(),
        smoke=SMOKE,
        setbacks=[],
        timings={},
    )


def deploy(deployed_at: datetime = DEPLOYED_AT, time_to_live_hours: float | None = None) -> None:
    """Write what says that resnet is live."""
    write_record(ARTIFACTS, record(deployed_at, time_to_live_hours))
