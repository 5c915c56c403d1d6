"""Find Model: a deploy.yaml came alone; is there a model beside it to be deployed anew with it?"""

from find_model.neighbour import neighbour
from find_model.sameness import serves_already
from model_packager.names import endpoint_name, model_name, version_of
from workflow.claim import claimant
from workflow.contracts import FindModelInput, FindModelOutput
from workflow.settings import FindModelSettings
from workflow.spec_text import read_spec_text
from workflow.step import step


@step(FindModelInput)
def handler(given: FindModelInput) -> FindModelOutput:
    """Give the model, unless its own drop brings the spec along, or nothing would change."""
    found = neighbour(given.source, given.event_time)
    if found is None:
        return FindModelOutput(source=None)
    settings, model = FindModelSettings.read(), model_name(found.key)
    spec = read_spec_text(found) or ""
    version = version_of(given.event_time, found.etag, spec)
    known = claimant(settings.artifact_bucket, model, version) is not None or serves_already(
        endpoint_name(settings.endpoint_prefix, model), found, spec
    )
    return FindModelOutput(source=None if known else found)
