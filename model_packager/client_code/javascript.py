"""A program for Node.js that calls the endpoint with the AWS SDK, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from model_packager.client_code.json_request import example_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_packager.client_code.call import Call
    from model_packager.signature import Tensor

_CALL = """\
  const response = await runtime.send(new InvokeEndpointCommand({
    EndpointName: endpoint,
    ContentType: "application/json",
    Body: JSON.stringify({ inputs }),
  }));
  const { outputs } = JSON.parse(new TextDecoder().decode(response.Body));
  return Object.fromEntries(outputs.map(({ name, shape, data }) => [name, { shape, data }]));
}
"""


def javascript_code(call: Call) -> str:
    """Return the program, a module (.mjs); it needs @aws-sdk/client-sagemaker-runtime."""
    return "\n".join(
        [
            "// npm install @aws-sdk/client-sagemaker-runtime",
            "import { InvokeEndpointCommand, SageMakerRuntimeClient }"
            ' from "@aws-sdk/client-sagemaker-runtime";',
            "",
            f"const endpoint = {json.dumps(call.endpoint)};",
            f"const runtime = new SageMakerRuntimeClient({{ region: {json.dumps(call.region)} }});",
            "",
            *_predict(call),
            *_example(call),
            "",
        ]
    )


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
    yield _CALL


def _example(call: Call) -> Iterator[str]:
    yield f"// Replace {call.example_values} by your data."
    values = ", ".join(_example_of(call, each) for each in call.signature.inputs)
    yield f"console.log(JSON.stringify(await predict({values})));"


def _example_of(call: Call, tensor: Tensor) -> str:
    filled = f"new Array({call.example_size(tensor)}).fill({example_value(tensor)})"
    return f"{{ shape: {json.dumps(call.example_shape(tensor))}, data: {filled} }}"
