"""Write Index: updates the page of all models, so that a retired model is not shown as live."""

from workflow.contracts.retire_model import WriteIndexInput, WriteIndexOutput
from workflow.report.index import write_index
from workflow.settings import WriteIndexSettings
from workflow.step import step


@step(WriteIndexInput)
def handler(event: WriteIndexInput) -> WriteIndexOutput:  # noqa: ARG001  # its name, for the log
    """Write the page from the contents of the bucket."""
    bucket = WriteIndexSettings.read().artifact_bucket
    return WriteIndexOutput(index_uri=write_index(bucket))
