"""The signature of a model whose file does not contain one: deploy.yaml must declare it."""

from model_packager.dtype import Dtype
from model_packager.rejection import SpecRejected
from model_packager.signature import Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.triton_spec import TensorSpec


def signature_of_spec(title: str, spec: DeploySpec, *, has_text: bool) -> Signature:
    """Return the signature in the spec. Without max_batch_size, the model gets no batch dimension.

    Args:
        title: the kind of file, such as "a TensorRT engine".
        spec: the spec with the inputs and outputs.
        has_text: whether models of this kind can have tensors of text.

    Raises:
        SpecRejected: the spec lacks something, and the fix has the lines to add; or it declares
            text, which the model cannot have.
    """
    if spec.inputs is None or spec.outputs is None:
        missing = " and ".join(
            kind
            for kind, tensor in (("inputs", spec.inputs), ("outputs", spec.outputs))
            if not tensor
        )
        raise SpecRejected(
            f"The file is {title}, which does not declare its inputs and outputs, and "
            f"deploy.yaml has no {missing}.",
            "Put a file deploy.yaml next to the model with these lines. Use the names and types of "
            "the model, and a number for each dimension in place of SIZE (-1 if it varies, with "
            "example_dims added to inputs). Then upload it:\n"
            "max_batch_size: 0   # or the largest batch; dims are then without it\n"
            "inputs:\n  - {name: INPUT__0, dtype: FP32, dims: [SIZE]}\n"
            "outputs:\n  - {name: OUTPUT__0, dtype: FP32, dims: [SIZE]}",
        )
    texts = [each.name for each in (*spec.inputs, *spec.outputs) if each.dtype is Dtype.STRING]
    if texts and not has_text:
        raise SpecRejected(
            f"{texts[0]:.120} is STRING in deploy.yaml, but the file is {title}, which has tensors "
            "of numbers only.",
            "Write the type of the tensor, such as INT64 for tokens, and upload the model again.",
        )
    max_batch_size = spec.max_batch_size or 0
    return Signature(
        inputs=tuple(
            Tensor(
                name=each.name, dtype=each.dtype, dims=each.dims, example_dims=_example_dims(each)
            )
            for each in spec.inputs
        ),
        outputs=tuple(
            Tensor(name=each.name, dtype=each.dtype, dims=each.dims) for each in spec.outputs
        ),
        max_batch_size=max_batch_size,
    )


def _example_dims(tensor: TensorSpec) -> tuple[int, ...]:
    if tensor.example_dims is None and -1 in tensor.dims:
        raise SpecRejected(
            f"The input {tensor.name} has the variable dims {list(tensor.dims)}, and no test "
            "size is set.",
            "Add example_dims to the input in deploy.yaml, with fixed sizes, such as "
            f"`example_dims: {[size if size > 0 else 16 for size in tensor.dims]}`, then upload "
            "the model again.",
        )
    return tensor.example_dims or tensor.dims
