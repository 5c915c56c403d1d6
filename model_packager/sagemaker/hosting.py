"""How SageMaker hosts a model: the image, the instances and what belongs to them."""

from pydantic import BaseModel, ConfigDict

from model_packager.sagemaker.instance_facts import instance_facts
from model_packager.spec.load_profile import LoadProfile


class DataCapture(BaseModel):
    """Requests and responses that SageMaker captures.

    Attributes:
        percent: the share of the requests, 1 to 100.
        uri: the S3 prefix; SageMaker adds endpoint, variant and hour (developer guide, data
            capture).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    percent: int
    uri: str


class AsyncInference(BaseModel):
    """The settings of an asynchronous endpoint.

    Attributes:
        output_uri: the S3 prefix of the outputs.
        failure_uri: the S3 prefix of the error messages.
        topic_arn: the ARN of the SNS topic that gets one message for each request.
        max_concurrent_invocations: the number of requests that SageMaker sends to an instance at
            once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    output_uri: str
    failure_uri: str
    topic_arn: str
    max_concurrent_invocations: int


class Serverless(BaseModel):
    """The limits of a serverless endpoint: memory in MB, and concurrent requests."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    memory_mb: int
    max_concurrency: int


class Hosting(BaseModel):
    """Where and how SageMaker runs the container. Timeouts are in seconds.

    Attributes:
        image: the URI of the Triton image.
        inference_ami_version: the version of the host image; None for SageMaker's default.
        subnet_ids: the container's subnets; empty without a VPC.
        network_isolation: whether the container has no network access and no AWS credentials.
        kms_key_arn: the key for captured data and, if SageMaker supports it, the volumes; None for
            AWS's own keys.
        async_inference: the settings of an asynchronous endpoint; None for other endpoints.
        serverless: the limits of a serverless endpoint, whose `instance_type` names the memory
            (`serverless_type`); None for other endpoints.
        pool: the name of the pool; None for an endpoint with one model.
        tags: tags of the model's SageMaker resources, in addition to Modeldrop's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    image: str
    instance_type: str
    instance_count: int
    environment: dict[str, str]
    model_download_timeout_seconds: int
    startup_timeout_seconds: int
    inference_ami_version: str | None = None
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    network_isolation: bool = True
    kms_key_arn: str | None = None
    data_capture: DataCapture | None = None
    async_inference: AsyncInference | None = None
    serverless: Serverless | None = None
    pool: str | None = None
    tags: dict[str, str] = {}

    @property
    def mode(self) -> str:
        """The hosting mode, as in deploy.yaml."""
        if self.async_inference is not None:
            return "async"
        if self.pool is not None:
            return "pool"
        return "real_time" if self.serverless is None else "serverless"

    @property
    def capacity(self) -> str:
        """Describe instances, or the limits of a serverless endpoint, for people."""
        if self.serverless is None:
            return f"{self.instance_count} x {self.instance_type}"
        memory, most = self.serverless.memory_mb, self.serverless.max_concurrency
        return f"serverless, {memory:,} MB, at most {most} requests at once"


def staging_hosting(hosting: Hosting, load: LoadProfile | None) -> Hosting:
    """Return the hosting of a staging endpoint: one instance, or all of them for a load test."""
    return hosting if load is not None else hosting.model_copy(update={"instance_count": 1})


def volume_key(hosting: Hosting) -> str | None:
    """Return the KMS key of the instances' volumes; None if it would encrypt nothing.

    The hardware of an instance encrypts its local storage, and a key does not (CreateEndpointConfig
    API reference, KmsKeyId; until 2026 it said that a call with a key fails). A transform job
    cannot have a key then (TransformResources API reference, VolumeKmsKeyId). An unknown type
    counts as one without local storage.
    """
    if hosting.serverless is not None:
        return None
    facts = instance_facts(hosting.instance_type)
    return None if facts is not None and facts.local_storage else hosting.kms_key_arn
