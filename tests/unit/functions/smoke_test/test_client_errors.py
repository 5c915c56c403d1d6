import pytest

from model_client.errors import InvalidResponse, InvalidTensor, ModelClientError
from smoke_test.client_errors import client_errors
from workflow.errors import SmokeTestFailed


@pytest.mark.parametrize("kind", [InvalidTensor, InvalidResponse])
def test_client_error_fails_the_smoke_test(kind: type[ModelClientError]) -> None:
    with pytest.raises(SmokeTestFailed) as caught, client_errors():
        raise kind("The cause.", "The fix.")
    assert (caught.value.cause, caught.value.fix) == ("The cause.", "The fix.")
