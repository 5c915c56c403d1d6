"""A deployment record as Record Deployment makes it."""

from __future__ import annotations

from datetime import UTC, datetime

from model_packager.deploy_spec import DeploySpec
from tests.unit.functions.given import ARTIFACTS, DEPLOYMENT, HOSTING, VERSION, signature, source
from workflow.contracts import Package, SmokeResult
from workflow.deployment_record import DeploymentRecord

SMOKE = SmokeResult(
    passed=True,
    request_format="binary",
    input="random data",
    requests=5,
    first_ms=71.25,
    p50_ms=23.4,
    p95_ms=71.25,
    request_bytes=602_286,
    response_bytes=4_150,
    output_shapes={"OUTPUT__0": [1, 2]},
    golden="none",
    limits={},
    checks=["names, dtypes, shapes and values of all outputs"],
    top=[],
)
PACKAGE = Package(
    artifact_uri=f"s3://{ARTIFACTS}/resnet/{VERSION}/model.tar.gz", source_checksum=None
)


def record(version: str = VERSION, spec: DeploySpec | None = None) -> DeploymentRecord:
    return DeploymentRecord(
        deployment=DEPLOYMENT.model_copy(update={"version": version}),
        deployed_at=datetime(2026, 8, 1, 16, tzinfo=UTC),
        restored=False,
        supersedes=None,
        source=source("abc"),
        package=PACKAGE,
        signature=signature(),
        spec=spec or DeploySpec(),
        hosting=HOSTING,
        config_pbtxt='name: "resnet"\n',
        labelled=False,
        warnings=(),
        smoke=SMOKE,
        setbacks=[],
        timings={"Inspect Model": 0.4},
    )
