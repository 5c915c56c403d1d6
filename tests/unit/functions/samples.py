"""Sample inputs of the steps, and AWS errors as boto3 raises them."""

from __future__ import annotations

from botocore.exceptions import ClientError

from model_packager.dtype import Dtype
from model_packager.names.endpoint import resource_name
from model_packager.sagemaker.hosting import Hosting
from model_packager.signature import Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.stored import Deployment, ServableModel, Source

REGION = "us-east-1"
ACCOUNT = "123456789012"
DROPS = "drops"
ARTIFACTS = "artifacts"
EXECUTION = f"arn:aws:states:{REGION}:123456789012:execution:deploy-model:first"
OTHER_EXECUTION = f"arn:aws:states:{REGION}:123456789012:execution:deploy-model:second"
ROLE = "arn:aws:iam::123456789012:role/modeldrop-sagemaker"
IMAGE = f"007439368137.dkr.ecr.{REGION}.amazonaws.com/sagemaker-tritonserver:26.05-py3"

OLDEST = "20260730T080000Z-eeeeeeee"
OLDER = "20260731T080000Z-ffffffff"
VERSION = "20260801T151224Z-3f9a1c2b"
LATER = "20260801T151225Z-00000000"

ENDPOINT = "modeldrop-resnet"
CONFIG = resource_name(ENDPOINT, VERSION)

DEPLOYMENT = Deployment(model="resnet", version=VERSION, endpoint=ENDPOINT, execution_arn=EXECUTION)
HOSTING = Hosting(
    image=IMAGE,
    instance_type="ml.g4dn.xlarge",
    instance_count=2,
    environment={"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "resnet"},
    model_download_timeout_seconds=1800,
    startup_timeout_seconds=900,
)
SERVABLE = ServableModel(
    signature=Signature(inputs=(), outputs=(), max_batch_size=8),
    spec=DeploySpec(),
    hosting=HOSTING,
    config_pbtxt='name: "resnet"\n',
    has_labels=False,
    warnings=(),
)


def source(etag: str, key: str = "resnet/model.pt") -> Source:
    return Source(bucket=DROPS, key=key, etag=etag.strip('"'))


def tensor(name: str, *dims: int, dtype: Dtype = Dtype.FP32, assumed: bool = False) -> Tensor:
    return Tensor(name=name, dtype=dtype, dims=dims, assumed=assumed)


def signature(
    inputs: tuple[Tensor, ...] = (tensor("INPUT__0", 3),),
    outputs: tuple[Tensor, ...] = (tensor("OUTPUT__0", 2),),
    max_batch_size: int = 8,
) -> Signature:
    return Signature(inputs=inputs, outputs=outputs, max_batch_size=max_batch_size)


def client_error(code: str, message: str, operation: str = "DescribeEndpoint") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def missing(kind: str, name: str = CONFIG) -> ClientError:
    """Return SageMaker's error for a missing resource (aws/amazon-sagemaker-examples#2402)."""
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:{kind.replace(' ', '-')}/{name}"
    return client_error("ValidationException", f'Could not find {kind} "{arn}".')


def existing(kind: str, operation: str, name: str = CONFIG) -> ClientError:
    """Return SageMaker's error for a name that is in use."""
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:{kind.replace(' ', '-')}/{name}"
    return client_error(
        "ValidationException", f'Cannot create already existing {kind} "{arn}".', operation
    )
