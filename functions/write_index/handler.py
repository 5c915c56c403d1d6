"""Write Index: the page of all models no longer says that a retired one is live."""

from workflow.contracts.retire_model import WriteIndexInput, WriteIndexOutput
from workflow.report.index import write_index
from workflow.settings import WriteIndexSettings
from workflow.step import step


@step(WriteIndexInput)
def handler(given: WriteIndexInput) -> WriteIndexOutput:  # noqa: ARG001  # its name, for the log
    """Write it anew from what the bucket says."""
    bucket = WriteIndexSettings.read().artifact_bucket
    return WriteIndexOutput(index_uri=write_index(bucket))
