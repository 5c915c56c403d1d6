"""SageMaker errors that only their text tells apart.

SageMaker returns most of its refusals with the code ValidationException
(aws/amazon-sagemaker-examples#2402).
"""


def names_missing_resource(code: str, message: str) -> bool:
    """Tell whether the resource does not exist. Missing model data in S3 is another error."""
    missing = "Could not find" in message and "model data" not in message
    return code == "ValidationException" and missing
