"""Find Model: finds the model next to a deploy.yaml that was uploaded alone."""

from find_model.sibling_model import sibling_model
from find_model.unchanged import is_unchanged
from model_packager.names.drop import model_name
from model_packager.names.endpoint import endpoint_name
from workflow.contracts.deploy_model import FindModelInput, FindModelOutput
from workflow.settings import FindModelSettings
from workflow.step import step


@step(FindModelInput)
def handler(event: FindModelInput) -> FindModelOutput:
    """Return the model, unless its own drop uses the spec, or nothing would change."""
    model = sibling_model(event.source, event.event_time)
    if model is None:
        return FindModelOutput(source=None)
    name = model_name(model.key)
    endpoint = endpoint_name(FindModelSettings.read().endpoint_prefix, name)
    return FindModelOutput(source=None if is_unchanged(endpoint, name, model) else model)
