"""SageMaker errors that differ only in their text.

SageMaker rejects most requests with the code ValidationException
(aws/amazon-sagemaker-examples#2402).
"""


def names_missing_resource(code: str, message: str) -> bool:
    """Return whether the error means that the resource does not exist.

    Missing model data in S3 is another error.
    """
    missing = "Could not find" in message and "model data" not in message
    return code == "ValidationException" and missing
