"""The errors of SageMaker's API, with AWS's own codes and sentences.

Sources of the sentences, as seen by people who met them:
- `Could not find endpoint "arn…".`: aws/amazon-sagemaker-examples#2402
- `Cannot create already existing endpoint configuration "arn…".`:
  awslabs/spot-tagging-bot-for-digital-assets#2
- `Cannot update in-progress endpoint "arn…".`, for updates and for deletions, while Creating as
  well as while Updating: aws/amazon-sagemaker-operator-for-k8s (its constants for DeleteEndpoint),
  and the users who cannot delete a Creating endpoint in aws/amazon-sagemaker-examples#3432
- `Cannot update endpoint with the currently in use endpoint configuration "…".`:
  mikegc-aws/strands-decider-triton, deploy/create_endpoint.py, which met it ("measured")
- `Endpoint … of account … not found.`: aws/amazon-sagemaker-examples#293 and #559
"""

from __future__ import annotations

from collections.abc import Mapping


class ApiError(Exception):
    """An error as a client sees it.

    Attributes:
        code: what boto3 shows as `Error.Code`.
        message: what boto3 shows as `Error.Message`.
        status: the HTTP status.
        members: further members of a modelled error, such as `OriginalStatusCode`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        members: Mapping[str, str | int] | None = None,
    ) -> None:
        """Keep the four parts."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members: Mapping[str, str | int] = members or {}


def invalid(message: str) -> ApiError:
    """Build the control plane's answer to a request it refuses."""
    return ApiError("ValidationException", message)


def not_found(kind: str, arn: str) -> ApiError:
    """Build the answer for a resource that is not there; `kind` as AWS words it."""
    return invalid(f'Could not find {kind} "{arn}".')


def already_exists(kind: str, arn: str) -> ApiError:
    """Build the answer for a name that is taken."""
    return invalid(f'Cannot create already existing {kind} "{arn}".')


def in_progress(arn: str) -> ApiError:
    """Build the answer for an endpoint that is in a transition."""
    return invalid(f'Cannot update in-progress endpoint "{arn}".')


def currently_in_use(config_name: str) -> ApiError:
    """Build UpdateEndpoint's answer for the config that is live already."""
    return invalid(
        f'Cannot update endpoint with the currently in use endpoint configuration "{config_name}".'
    )


def not_hosted_here(what: str) -> ApiError:
    """Build the answer for what AWS offers and this server does not, in our own words."""
    return invalid(f"Modeldrop's local SageMaker does not host {what}. Deploy to AWS for that.")


def unknown_operation(operation: str, known: list[str]) -> ApiError:
    """Build the answer for an operation outside the ones this server knows."""
    return ApiError(
        "UnknownOperationException",
        f"Modeldrop's local SageMaker has no operation {operation!r}. It has: {', '.join(known)}.",
    )


def endpoint_not_invocable(endpoint: str, account: str) -> ApiError:
    """Build InvokeEndpoint's answer for an endpoint that is missing or not yet in service."""
    return ApiError("ValidationError", f"Endpoint {endpoint} of account {account} not found.")
