"""Find Model: a deploy.yaml came alone; is there a model beside it to be deployed anew with it?"""

from find_model.sibling_model import neighbour
from find_model.unchanged import serves_already
from model_packager.names import endpoint_name, model_name
from workflow.contracts.deploy_model import FindModelInput, FindModelOutput
from workflow.settings import FindModelSettings
from workflow.step import step


@step(FindModelInput)
def handler(given: FindModelInput) -> FindModelOutput:
    """Give the model, unless its own drop brings the spec along, or nothing would change."""
    found = neighbour(given.source, given.event_time)
    if found is None:
        return FindModelOutput(source=None)
    endpoint = endpoint_name(FindModelSettings.read().endpoint_prefix, model_name(found.key))
    return FindModelOutput(source=None if serves_already(endpoint, found) else found)
