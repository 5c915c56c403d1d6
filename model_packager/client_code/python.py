"""A Python program that calls the endpoint with boto3 and tritonclient, in the binary format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.client_code.call import EXAMPLE_TEXT
from model_packager.dtype import Dtype
from model_packager.names.request import ASYNC_INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_packager.client_code.call import Call
    from model_packager.signature import Tensor
    from model_packager.spec.smoke_test_spec import Picture

NUMPY = {
    Dtype.BOOL: "bool_",
    Dtype.UINT8: "uint8",
    Dtype.INT8: "int8",
    Dtype.INT16: "int16",
    Dtype.INT32: "int32",
    Dtype.INT64: "int64",
    Dtype.FP16: "float16",
    Dtype.FP32: "float32",
    Dtype.FP64: "float64",
    Dtype.STRING: "object_",
}
"""The name of the numpy type of an element type."""


def python_code(call: Call) -> str:
    """Return the program; it needs boto3, numpy and tritonclient[http], and Pillow for pictures."""
    return "\n".join(
        [
            *_imports(call),
            "",
            f'ENDPOINT = "{call.endpoint}"',
            *_not_in_service(call),
            f'runtime = boto3.client("sagemaker-runtime", region_name="{call.region}")',
            *_storage(call),
            "",
            *(_preprocess(call.picture) if call.picture else ()),
            "",
            *_predict(call),
            *(_classify(call) if call.has_labels else ()),
            "",
            *_example(call),
            "",
        ]
    )


def _imports(call: Call) -> Iterator[str]:
    pillow = " pillow" if call.picture else ""
    yield f"# pip install boto3 numpy{pillow} 'tritonclient[http]'"
    standard = [
        *(["json"] if call.hosting.is_pool else ()),
        *(["sys"] if call.picture else ()),
        *(["time", "uuid"] if call.hosting.is_async else ()),
    ]
    if standard:
        yield "\n".join(f"import {each}" for each in standard) + "\n"
    yield "import boto3"
    yield "import numpy as np"
    if call.picture:
        yield "from PIL import Image"
    labels = ", InferRequestedOutput" if call.has_labels else ""
    yield f"from tritonclient.http import InferenceServerClient, InferInput{labels}"


def _not_in_service(call: Call) -> Iterator[str]:
    yield "NOT_IN_SERVICE = ("
    causes, commands = call.not_in_service
    yield f'    "{causes} "'
    yield f'    "{commands}"'
    yield ")"


def _storage(call: Call) -> Iterator[str]:
    """Yield the functions that read live.json, or the outputs of an asynchronous endpoint."""
    if call.hosting.is_pool:
        yield f's3 = boto3.client("s3", region_name="{call.region}")'
        yield f'''

def target_model():
    """Return the live version; an update and a rollback change it."""
    live = s3.get_object(Bucket="{call.artifact_bucket}", Key="{call.live_key}")["Body"].read()
    return f"{call.target_model("{json.loads(live)['version']}")}"'''
    if call.hosting.is_async:
        yield f's3 = boto3.client("s3", region_name="{call.region}")'
        yield f'BUCKET = "{call.artifact_bucket}"'
        yield _QUEUE.replace("INPUTS", ASYNC_INPUTS)


_QUEUE = '''

def invoke_async(body, content_type):
    """Send a request to the queue, wait for the result, and return the object with the output."""
    key = f"INPUTS{uuid.uuid4()}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    queued = runtime.invoke_endpoint_async(
        EndpointName=ENDPOINT, InputLocation=f"s3://{BUCKET}/{key}", ContentType=content_type
    )
    output, failure = (
        queued[name].removeprefix(f"s3://{BUCKET}/")
        for name in ("OutputLocation", "FailureLocation")
    )
    while (response := find(output)) is None:
        if failed := find(failure):
            raise RuntimeError(failed["Body"].read().decode())
        time.sleep(1)
    return response


def find(key):
    """Return an object, or None."""
    try:
        return s3.get_object(Bucket=BUCKET, Key=key)
    except s3.exceptions.NoSuchKey:
        return None'''


def _preprocess(picture: Picture) -> Iterator[str]:
    side = picture.crop
    yield f'''
def preprocess(file):
    """Return a picture as float32 [1, 3, {side}, {side}], as the model expects it."""
    image = Image.open(file).convert("RGB")
    width, height = ({picture.resize} * side // min(image.size) for side in image.size)
    image = image.resize((width, height), Image.Resampling.{picture.interpolation.upper()})
    left, top = round((width - {side}) / 2), round((height - {side}) / 2)
    image = image.crop((left, top, left + {side}, top + {side}))
    pixels = np.asarray(image, np.float32) / 255
    mean = np.array({list(picture.mean)}, np.float32)
    std = np.array({list(picture.std)}, np.float32)
    return ((pixels - mean) / std).transpose(2, 0, 1)[np.newaxis]
'''


def _predict(call: Call) -> Iterator[str]:
    # Comments, not a docstring: in a comment, `ascii` makes any name one harmless line.
    for name, tensor in call.arguments().items():
        yield f"# {name}: {_kind(tensor)} {call.written_shape(tensor)}{_batch(call)}"
    for tensor in call.signature.outputs:
        shape = call.written_shape(tensor)
        yield f"# Output {tensor.name!a}: {_kind(tensor)} {shape}"
    yield f"def predict({', '.join(call.arguments())}):"
    yield '    """Call the model; return its outputs as numpy arrays by name."""'
    yield f"    result = invoke({_arrays(call)})"
    outputs = ", ".join(f"{each.name!a}" for each in call.signature.outputs)
    yield f"    return {{name: result.as_numpy(name) for name in ({outputs},)}}"
    yield _INVOKE.replace("SEND", _send(call)).replace("NOT_FOUND", call.not_found)


def _send(call: Call) -> str:
    if call.hosting.is_async:
        return 'invoke_async(body, f"{content_type}{header_size}")'
    target = "TargetModel=target_model(),\n            " if call.hosting.is_pool else ""
    return f"""runtime.invoke_endpoint(
            EndpointName=ENDPOINT,
            {target}Body=body,
            ContentType=f"{{content_type}}{{header_size}}",
        )"""


def _kind(tensor: Tensor) -> str:
    return "text (str or bytes)" if tensor.dtype is Dtype.STRING else NUMPY[tensor.dtype]


def _batch(call: Call) -> str:
    size = call.signature.max_batch_size
    return f", at most {size} in a batch" if size else ""


def _arrays(call: Call) -> str:
    rows = (
        f"        {tensor.name!a}: ({name}, {tensor.dtype.datatype!a}, np.{NUMPY[tensor.dtype]}),\n"
        for name, tensor in call.arguments().items()
    )
    return "{\n" + "".join(rows) + "    }"


_INVOKE = '''

def invoke(arrays, outputs=None):
    """Send arrays to the endpoint in Triton's binary format."""
    inputs = []
    for name, (array, datatype, dtype) in arrays.items():
        array = np.ascontiguousarray(array, dtype)
        inputs.append(InferInput(name, list(array.shape), datatype))
        inputs[-1].set_data_from_numpy(array)
    body, header_size = InferenceServerClient.generate_request_body(inputs, outputs=outputs)
    content_type = "application/vnd.sagemaker-triton.binary+json;json-header-size="
    try:
        response = SEND
    except runtime.exceptions.ClientError as error:
        if "NOT_FOUND" in str(error):
            raise RuntimeError(NOT_IN_SERVICE) from error
        raise
    header_size = response["ContentType"].partition("json-header-size=")[2]
    return InferenceServerClient.parse_response_body(
        response["Body"].read(), header_length=int(header_size) if header_size else None
    )
'''


def _classify(call: Call) -> Iterator[str]:
    names, output = ", ".join(call.arguments()), ascii(call.signature.outputs[0].name)
    rows = "ranked" if call.signature.max_batch_size else "[ranked]"
    yield f'''
def classify({names}, top=5):
    """Return the top classes of each item as (label, score), the best first."""
    outputs = [InferRequestedOutput({output}, class_count=top)]
    ranked = invoke({_arrays(call)}, outputs).as_numpy({output})
    return [
        [(row.decode().split(":", 2)[-1], float(row.decode().split(":")[0])) for row in item]
        for item in {rows}
    ]
'''


def _example(call: Call) -> Iterator[str]:
    yield 'if __name__ == "__main__":'
    if call.picture:
        values = ["preprocess(sys.argv[1])"]
    else:
        yield f"    # Replace {call.example_values} with your data."
        values = [_example_array(call, tensor) for tensor in call.signature.inputs]
    function = "classify" if call.has_labels else "predict"
    yield f"    print({function}({', '.join(values)}))"


def _example_array(call: Call, tensor: Tensor) -> str:
    if tensor.dtype is Dtype.STRING:
        return f"np.full({call.example_shape(tensor)}, {EXAMPLE_TEXT!a}, np.object_)"
    return f"np.zeros({call.example_shape(tensor)}, np.{NUMPY[tensor.dtype]})"
