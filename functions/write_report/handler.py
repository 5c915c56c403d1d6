"""Write Report: writes a page about the deployment, and the index of all reports."""

from datetime import UTC, datetime

from model_packager.names.drop import dropped_model
from model_packager.names.report import report_key
from model_packager.sagemaker.price import Price, parameter_prices, price_of
from model_packager.status import Status
from model_packager.stored import ServableModel
from workflow.contracts.deploy_model import WriteReportInput, WriteReportOutput
from workflow.outcome import outcome_of
from workflow.report.index import write_index
from workflow.report.summary import write_report
from workflow.settings import WriteReportSettings
from workflow.step import step
from workflow.versions.deployment_record import read_live
from workflow.versions.state_timings import task_visits
from write_report.client_call import client_call
from write_report.previous_version import version_before
from write_report.report import Report, report_page, summarize
from write_report.sample_picture import sample_picture


@step(WriteReportInput)
def handler(event: WriteReportInput) -> WriteReportOutput:
    """Read what the page needs, write the page, then the index."""
    ending = event.ending
    outcome = outcome_of(ending.failure)
    if outcome.status is Status.DUPLICATE:
        return WriteReportOutput(report_uri=None)
    settings = WriteReportSettings.read()
    bucket, model = settings.artifact_bucket, dropped_model(ending.source.key)
    live = read_live(bucket, model) if model else None
    version = ending.deployment.version if ending.deployment else None
    before = version_before(bucket, model, version, ending.superseded_version, live)
    price = _price(ending.servable, settings)
    summary = summarize(ending, outcome, model, datetime.now(UTC), price)
    page = report_page(
        Report(
            event=event,
            outcome=outcome,
            summary=summary,
            visits=task_visits(ending.execution_arn),
            before=before.summary if before else None,
            before_page=before.page if before else None,
            live=live,
            picture=sample_picture(bucket, ending.deployment) if ending.deployment else None,
            price=price,
            call=client_call(ending, bucket) if outcome.status is Status.SUCCEEDED else None,
        )
    )
    key = report_key(model, version, ending.execution_arn, restored=ending.restoring)
    uri = write_report(bucket, key, page, summary)
    write_index(bucket)
    return WriteReportOutput(report_uri=uri)


def _price(servable: ServableModel | None, settings: WriteReportSettings) -> Price | None:
    if servable is None:
        return None
    prices = parameter_prices(settings.hourly_prices, settings.aws_region)
    return price_of(servable.hosting, prices, servable.spec.schedule)
