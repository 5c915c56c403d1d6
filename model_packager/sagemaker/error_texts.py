"""SageMaker errors that differ only in their text.

SageMaker rejects most requests with the code ValidationException
(aws/amazon-sagemaker-examples#2402).
"""


def names_missing_resource(code: str, message: str) -> bool:
    """Return whether the error means that the resource does not exist.

    Missing model data in S3 is another error. A missing job has its own error
    (DescribeTransformJob API reference, ResourceNotFound).
    """
    missing = "Could not find" in message and "model data" not in message
    return code == "ResourceNotFound" or (code == "ValidationException" and missing)
