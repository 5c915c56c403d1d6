"""A program for Node.js that calls the endpoint with the AWS SDK, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from model_packager.client_code.json_request import example_value
from model_packager.names.request import ASYNC_INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_packager.client_code.call import Call
    from model_packager.signature import Tensor

_INVOKE = """\
  const { Body: body } = await runtime.send(new InvokeEndpointCommand({
    EndpointName: endpoint,
    ContentType: "application/json",
    Body: JSON.stringify({ inputs }),
  })).catch(explain);
"""
_INVOKE_ASYNC = "  const body = await invokeAsync(JSON.stringify({ inputs }));\n"
_RETURN = """\
  const { outputs } = JSON.parse(new TextDecoder().decode(body));
  return Object.fromEntries(outputs.map(({ name, shape, data }) => [name, { shape, data }]));
}
"""
_QUEUE = """
// Sends a request to the queue, waits for the result, and returns the output.
async function invokeAsync(request) {
  const Key = `INPUTS${crypto.randomUUID()}`;
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: request }));
  const queued = await runtime.send(new InvokeEndpointAsyncCommand({
    EndpointName: endpoint,
    ContentType: "application/json",
    InputLocation: `s3://${Bucket}/${Key}`,
  })).catch(explain);
  for (;;) {
    const output = await find(queued.OutputLocation);
    if (output) return output;
    const failure = await find(queued.FailureLocation);
    if (failure) throw new Error(new TextDecoder().decode(failure));
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

// Returns the content of an object, or undefined.
async function find(location) {
  const Key = location.slice(`s3://${Bucket}/`.length);
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return await Body.transformToByteArray();
  } catch (error) {
    if (error.name !== "NoSuchKey") throw error;
  }
}"""


def javascript_code(call: Call) -> str:
    """Return the program, an ES module (.mjs) that needs the AWS SDK for JavaScript, version 3."""
    return "\n".join(
        [
            *_imports(call),
            "",
            f"const endpoint = {json.dumps(call.endpoint)};",
            f"const runtime = new SageMakerRuntimeClient({{ region: {json.dumps(call.region)} }});",
            *_explain(call),
            *_storage(call),
            "",
            *_predict(call),
            *_example(call),
            "",
        ]
    )


def _imports(call: Call) -> Iterator[str]:
    is_async, is_pool = call.hosting.is_async, call.hosting.is_pool
    storage = " @aws-sdk/client-s3" if is_async or is_pool else ""
    yield f"// npm install @aws-sdk/client-sagemaker-runtime{storage}"
    command = "InvokeEndpointAsyncCommand" if is_async else "InvokeEndpointCommand"
    runtime = "@aws-sdk/client-sagemaker-runtime"
    yield f'import {{ {command}, SageMakerRuntimeClient }} from "{runtime}";'
    if storage:
        put = "PutObjectCommand, " if is_async else ""
        yield f'import {{ GetObjectCommand, {put}S3Client }} from "@aws-sdk/client-s3";'


def _explain(call: Call) -> Iterator[str]:
    causes, commands = call.not_in_service
    yield f"""
// Throws an error of SageMaker again, with its cause if the endpoint is not in service.
function explain(error) {{
  if (!error.message.includes({json.dumps(call.not_found)})) throw error;
  throw new Error(
    {json.dumps(causes + " ")} +
      {json.dumps(commands)},
    {{ cause: error }},
  );
}}"""


def _storage(call: Call) -> Iterator[str]:
    """Yield the functions that read live.json, or the outputs of an asynchronous endpoint."""
    if not (call.hosting.is_async or call.hosting.is_pool):
        return
    yield f"const s3 = new S3Client({{ region: {json.dumps(call.region)} }});"
    yield f"const Bucket = {json.dumps(call.artifact_bucket)};"
    if call.hosting.is_async:
        yield _QUEUE.replace("INPUTS", ASYNC_INPUTS)
        return
    yield f"""
// Returns the live version; an update and a rollback change it.
async function targetModel() {{
  const Key = {json.dumps(call.live_key)};
  const {{ Body }} = await s3.send(new GetObjectCommand({{ Bucket, Key }}));
  const {{ version }} = JSON.parse(await Body.transformToString());
  return `{call.target_model("${version}")}`;
}}"""


def _predict(call: Call) -> Iterator[str]:
    yield "// Each input is { shape, data }, the data a flat array in row-major order."
    for name, tensor in call.arguments().items():
        yield f"// {name}: {tensor.dtype} {call.written_shape(tensor)}"
    for tensor in call.signature.outputs:
        yield f"// Output {json.dumps(tensor.name)}: {tensor.dtype} {call.written_shape(tensor)}"
    yield f"async function predict({', '.join(call.arguments())}) {{"
    yield "  const inputs = ["
    for name, tensor in call.arguments().items():
        described = (
            f'{{ name: {json.dumps(tensor.name)}, datatype: "{tensor.dtype.datatype}", ...{name} }}'
        )
        yield f"    {described},"
    yield "  ];"
    if call.hosting.is_async:
        yield f"{_INVOKE_ASYNC}{_RETURN}"
        return
    target = "\n    TargetModel: await targetModel()," if call.hosting.is_pool else ""
    name = "EndpointName: endpoint,"
    yield f"{_INVOKE.replace(name, f'{name}{target}')}{_RETURN}"


def _example(call: Call) -> Iterator[str]:
    yield f"// Replace {call.example_values} with your data."
    values = ", ".join(_example_of(call, each) for each in call.signature.inputs)
    yield f"console.log(JSON.stringify(await predict({values})));"


def _example_of(call: Call, tensor: Tensor) -> str:
    filled = f"new Array({call.example_size(tensor)}).fill({example_value(tensor)})"
    return f"{{ shape: {json.dumps(call.example_shape(tensor))}, data: {filled} }}"
