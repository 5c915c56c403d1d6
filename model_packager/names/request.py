"""The keys of asynchronous and captured requests in the artifact bucket."""

ASYNC_INPUTS = "_async/inputs/"
"""Key prefix of the inputs of asynchronous requests in the artifact bucket."""

ASYNC_OUTPUTS = "_async/outputs/"

ASYNC_FAILURES = "_async/failures/"


def capture_uri(bucket: str) -> str:
    """Return the S3 prefix of captured requests; SageMaker appends the endpoint's name."""
    return f"s3://{bucket}/_capture"


def shadow_capture_uri(bucket: str, version: str) -> str:
    """Return the S3 prefix of the requests that a shadow test captures.

    SageMaker appends the names of the endpoint and of the variant.

    Args:
        bucket: the artifact bucket.
        version: the version under test.
    """
    return f"s3://{bucket}/{shadow_capture_prefix(version)}".rstrip("/")


def shadow_capture_prefix(version: str) -> str:
    """Return the key prefix of the requests that a shadow test captures."""
    return f"_shadow/{version}/"
