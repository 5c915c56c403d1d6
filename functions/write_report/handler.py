"""Write Report: a page for people of how the deployment went, and the index of all of them."""

from datetime import UTC, datetime

from model_packager.names import model_name, report_key
from model_packager.rejection import ModelRejected
from workflow.contracts.deploy_model import Status, WriteReportInput, WriteReportOutput
from workflow.outcome import verdict
from workflow.report.index import write_index
from workflow.report.summary import write_report
from workflow.settings import WriteReportSettings
from workflow.step import step
from workflow.versions.deployment_record import read_live
from workflow.versions.state_timings import state_visits
from write_report.previous_version import version_before
from write_report.price import Price, price_of
from write_report.report import Report, report_page, summarize
from write_report.sample_picture import sample_picture


@step(WriteReportInput)
def handler(given: WriteReportInput) -> WriteReportOutput:
    """Gather what is known, write the page, then the index."""
    judged = verdict(given.failure)
    if judged.status is Status.DUPLICATE:
        return WriteReportOutput(report_uri=None)
    settings = WriteReportSettings.read()
    bucket, model, deployment = settings.artifact_bucket, _model(given.source.key), given.deployment
    live = read_live(bucket, model) if model else None
    version = deployment.version if deployment else None
    before = version_before(bucket, model, version, given.superseded_version, live)
    summary = summarize(given, judged, model, datetime.now(UTC))
    page = report_page(
        Report(
            given=given,
            verdict=judged,
            summary=summary,
            visits=state_visits(given.execution_arn),
            before=before.summary if before else None,
            before_page=before.page if before else None,
            live=live,
            picture=sample_picture(bucket, deployment) if deployment else None,
            price=_price(given, settings),
            region=settings.aws_region,
        )
    )
    key = report_key(model, version, given.execution_arn, restored=given.restoring)
    uri = write_report(bucket, key, page, summary)
    write_index(bucket)
    return WriteReportOutput(report_uri=uri)


def _price(given: WriteReportInput, settings: WriteReportSettings) -> Price | None:
    if given.hosting is None:
        return None
    return price_of(given.hosting, settings.hourly_prices, settings.aws_region)


def _model(key: str) -> str | None:
    try:
        return model_name(key)
    except ModelRejected:
        return None
