"""A deployment record as Record Deployment writes it."""

from __future__ import annotations

from datetime import UTC, datetime

from model_packager.spec.deploy_spec import DeploySpec
from model_packager.stored import DeploymentRecord, Package, ServableModel
from tests.smoke_results import RANDOM
from tests.unit.functions.samples import ARTIFACTS, DEPLOYMENT, HOSTING, VERSION, signature, source

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
        servable=ServableModel(
            signature=signature(),
            spec=spec or DeploySpec(),
            hosting=HOSTING,
            config_pbtxt='name: "resnet"\n',
            has_labels=False,
            warnings=(),
        ),
        smoke=RANDOM,
        recovered_errors=[],
        timings={"Inspect Model": 0.4},
    )
