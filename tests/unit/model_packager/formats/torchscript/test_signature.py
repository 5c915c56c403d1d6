import dataclasses
import re
from typing import Any

import pytest
import yaml

from model_packager.dtype import Dtype
from model_packager.formats.torchscript.archive import Argument, TorchScriptArchive, TracedTensor
from model_packager.formats.torchscript.output_facts import OutputFacts
from model_packager.formats.torchscript.signature import resolve_signature
from model_packager.rejection import ModelRejected, Rejection, SpecRejected
from model_packager.signature import Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec, parse_deploy_spec

Shape = tuple[int, ...]


def archive(
    *shapes: Shape,
    arguments: str = "",
    returns: int | None = 1,
    baked: bool = False,
    dtype: str = "FP32",
    outputs: tuple[OutputFacts, ...] = (),
) -> TorchScriptArchive:
    names = arguments.split() or [f"x{index}" for index in range(len(shapes))]
    return TorchScriptArchive(
        root="model",
        class_name="Model",
        arguments=tuple(Argument(name, "Tensor") for name in names),
        returns=returns,
        outputs=outputs,
        traced_inputs=tuple(TracedTensor(dtype, shape) for shape in shapes) or None,
        batch_is_baked=baked,
        deploy_yaml=None,
        labels=None,
    )


def of_dict(*keys: str) -> TorchScriptArchive:
    return TorchScriptArchive(
        root="model",
        class_name="Model",
        arguments=(Argument("x", "Dict[str, Tensor]"),),
        returns=1,
        outputs=(),
        traced_inputs=tuple(TracedTensor("FP32", (1, 3), key) for key in keys) or None,
        batch_is_baked=False,
        deploy_yaml=None,
        labels=None,
    )


def spec(text: str = "") -> DeploySpec:
    return parse_deploy_spec(text, origin="deploy.yaml")


def inputs(*named: tuple[str, list[int]], more: str = "") -> DeploySpec:
    tensors = [{"name": name, "dtype": "FP32", "dims": dims} for name, dims in named]
    return spec(yaml.safe_dump({"inputs": tensors}) + more)


def shapes(signature: Signature) -> tuple[int, list[Shape]]:
    return signature.max_batch_size, [each.dims for each in signature.inputs]


@pytest.mark.parametrize(
    ("model", "text", "expected"),
    [
        # a leading 1 on every input of rank 2 or more is the batch
        (archive((1, 3, 224, 224)), "", (8, [(3, 224, 224)])),
        (archive((1, 3), (1, 4)), "", (8, [(3,), (4,)])),
        (archive((1, 3), baked=True), "", (1, [(3,)])),
        # other shapes stay unchanged
        (archive((5, 3)), "", (0, [(5, 3)])),
        (archive((1, 3), (4, 1)), "", (0, [(1, 3), (4, 1)])),
        (archive((1,)), "", (0, [(1,)])),
        (archive((1, 3), (1,)), "", (0, [(1, 3), (1,)])),
        # deploy.yaml takes precedence
        (archive((1, 3)), "max_batch_size: 0", (0, [(1, 3)])),
        (archive((3,)), "max_batch_size: 0", (0, [(3,)])),
        (archive((1, 3), baked=True), "max_batch_size: 16", (16, [(3,)])),
        (archive((5, 3)), "max_batch_size: 2", (2, [(3,)])),
    ],
)
def test_traced_models_need_no_spec(
    model: TorchScriptArchive, text: str, expected: tuple[int, list[Shape]]
) -> None:
    signature = resolve_signature(model, spec(text))
    assert shapes(signature) == expected
    assert all(each.example_dims == each.dims for each in signature.inputs)
    assert [each.name for each in signature.inputs] == [
        f"INPUT__{index}" for index in range(len(signature.inputs))
    ]


@pytest.mark.parametrize(
    ("model", "deploy_spec", "expected"),
    [
        (archive(arguments="x"), inputs(("A", [3])), (8, [(3,)])),
        (archive(arguments="x"), inputs(("A", [3]), more="max_batch_size: 0"), (0, [(3,)])),
        (archive((1, 3)), inputs(("A", [3])), (8, [(3,)])),
        (archive((1, 3), baked=True), inputs(("A", [3])), (1, [(3,)])),
        (archive((1, 3)), inputs(("A", [1, 3])), (0, [(1, 3)])),
        (archive((1, 3)), inputs(("A", [7]), more="max_batch_size: 4"), (4, [(7,)])),
        (archive((1, 3)), inputs(("A", [7, 3]), more="max_batch_size: 0"), (0, [(7, 3)])),
    ],
)
def test_the_inputs_of_the_spec_count(
    model: TorchScriptArchive, deploy_spec: DeploySpec, expected: tuple[int, list[Shape]]
) -> None:
    assert shapes(resolve_signature(model, deploy_spec)) == expected


def test_a_whole_signature_of_the_spec() -> None:
    deploy_spec = spec(
        """
        max_batch_size: 4
        inputs: [{name: INPUT, dtype: FP16, dims: [3, -1], example_dims: [3, 9]}]
        outputs: [{name: OUTPUT, dtype: INT64, dims: [-1]}]
        """
    )
    assert resolve_signature(archive(arguments="x"), deploy_spec) == Signature(
        inputs=(Tensor(name="INPUT", dtype=Dtype.FP16, dims=(3, -1), example_dims=(3, 9)),),
        outputs=(Tensor(name="OUTPUT", dtype=Dtype.INT64, dims=(-1,)),),
        max_batch_size=4,
    )


def test_open_dims_take_their_example_from_the_trace() -> None:
    model = archive((1, 3, 64, 48))
    deploy_spec = inputs(("A", [3, -1, -1]))
    assert resolve_signature(model, deploy_spec).inputs[0].example_dims == (3, 64, 48)


@pytest.mark.parametrize(
    ("names", "examples"),
    [
        (("right", "left"), [(8,), (4,)]),  # forward's argument names: matched by name
        (("A__1", "B__0"), [(8,), (4,)]),  # <name>__<index>: matched by number
        (("A__1", "B__"), [(8,), (4,)]),  # missing digits count as 0
        (("A", "B"), [(4,), (8,)]),  # neither: matched by order
        # The first "__" counts, so these are matched by order.
        (("my__in__1", "B__0"), [(4,), (8,)]),
    ],
)
def test_inputs_find_their_argument_as_triton_does(
    names: tuple[str, str], examples: list[Shape]
) -> None:
    model = archive((1, 4), (1, 8), arguments="left right")
    signature = resolve_signature(model, inputs((names[0], [-1]), (names[1], [-1])))
    assert [each.example_dims for each in signature.inputs] == examples


def test_a_dict_has_its_keys_for_names() -> None:
    signature = resolve_signature(of_dict("b", "a"), spec())
    assert [each.name for each in signature.inputs] == ["b", "a"]
    deploy_spec = inputs(("a", [3]), ("b", [3]), ("c", [3]))
    assert len(resolve_signature(of_dict("b", "a"), deploy_spec).inputs) == 3
    assert len(resolve_signature(of_dict(), deploy_spec).inputs) == 3


def test_unknown_outputs_are_as_many_as_forward_returns() -> None:
    outputs = resolve_signature(archive((1, 3), returns=2), spec()).outputs
    assert outputs == (
        Tensor(name="OUTPUT__0", dtype=Dtype.FP32, dims=(-1,), assumed=True),
        Tensor(name="OUTPUT__1", dtype=Dtype.FP32, dims=(-1,), assumed=True),
    )


@pytest.mark.parametrize(
    ("dtypes", "assumed"),
    [("FP16", "FP16"), ("INT64", "FP32"), ("INT64 FP64", "FP64"), ("BOOL UINT8", "FP32")],
)
def test_unknown_outputs_are_of_the_type_that_the_model_computes_in(
    dtypes: str, assumed: str
) -> None:
    traced = tuple(TracedTensor(dtype, (1, 3)) for dtype in dtypes.split())
    model = dataclasses.replace(archive(*[(1, 3)] * len(traced)), traced_inputs=traced)
    assert resolve_signature(model, spec()).outputs[0].dtype == assumed


OUTPUTS = "outputs: [{{name: {}, dtype: FP32, dims: [1]}}, {{name: {}, dtype: FP32, dims: [1]}}]"


@pytest.mark.parametrize(
    ("model", "deploy_spec", "kind", "words"),
    [
        (archive(arguments="x y"), inputs(("A", [3])), SpecRejected, "`forward` takes 2: x, y."),
        (
            archive(arguments="x y"),
            inputs(("A__0", [3]), ("A__2", [3])),
            SpecRejected,
            "end in the numbers [0, 2]",
        ),
        (
            archive(arguments="x y"),
            inputs(("A__1", [3]), ("B__1", [3])),
            SpecRejected,
            "end in the numbers [1, 1]",
        ),
        (
            archive((1, 3, 4)),
            inputs(("A", [1, 3, 4]), more="max_batch_size: 8"),
            SpecRejected,
            "A: dims [1, 3, 4], traced with [1, 3, 4]",
        ),
        (archive((1, 3, 4)), inputs(("A", [4])), SpecRejected, "do not fit the model"),
        (
            archive((1, 3, 4)),
            inputs(("A", [3, 4]), more="max_batch_size: 0"),
            SpecRejected,
            "do not fit the model",
        ),
        (
            archive(arguments="x"),
            inputs(("A", [3, -1])),
            SpecRejected,
            "the variable dims [3, -1], and no test size",
        ),
        (
            archive((1, 3, 4)),
            inputs(("A", [-1, 5])),
            SpecRejected,
            "the variable dims [-1, 5], and no test size",
        ),
        (
            archive((3,)),
            spec("max_batch_size: 2"),
            SpecRejected,
            "max_batch_size is 2, and the model was traced with [3]",
        ),
        (archive((1, 3)), spec(OUTPUTS.format("A", "B")), SpecRejected, "result number 1"),
        (archive((1, 3)), spec(OUTPUTS.format("A__0", "B__4")), SpecRejected, "result number 4"),
        (archive((1, 3), returns=None), spec(), SpecRejected, "does not declare how many tensors"),
        (archive(()), spec(), ModelRejected, "an input of shape []"),
        (archive((1, 0)), spec(), ModelRejected, "an input of shape [1, 0]"),
        (
            archive((1, 3), dtype="ComplexFloatStorage"),
            spec(),
            ModelRejected,
            "an input of type ComplexFloatStorage",
        ),
    ],
)
def test_contradictions_are_refused(
    model: TorchScriptArchive, deploy_spec: DeploySpec, kind: type[Rejection], words: str
) -> None:
    with pytest.raises(kind) as rejection:
        resolve_signature(model, deploy_spec)
    assert words in rejection.value.cause
    assert "upload" in rejection.value.fix


@pytest.mark.parametrize("model", [archive(arguments="left right"), of_dict()])
def test_error_for_a_missing_spec_contains_a_complete_spec(model: TorchScriptArchive) -> None:
    with pytest.raises(SpecRejected) as rejection:
        resolve_signature(model, spec())
    text = (
        rejection.value.fix.partition("upload it:\n")[2]
        .replace("SIZE", "7, 7")
        .replace("KEY", "left")
    )
    signature = resolve_signature(model, spec(text))
    assert signature.max_batch_size == 8
    assert signature.inputs[0].dims == (7, 7)


def test_fewer_outputs_than_returned_are_fine() -> None:
    deploy_spec = spec("outputs: [{name: OUTPUT__1, dtype: FP32, dims: [1]}]")
    assert resolve_signature(archive((1, 3), returns=2), deploy_spec).outputs[0].name == "OUTPUT__1"


def test_a_trace_that_does_not_fit_the_arguments_is_no_hint() -> None:
    model: Any = archive((1, 3), arguments="x y")
    with pytest.raises(SpecRejected, match="does not declare the shapes"):
        resolve_signature(model, spec())


def test_types_in_the_code_are_used_and_others_are_assumed() -> None:
    known = OutputFacts(), OutputFacts(dtype=Dtype.INT64)
    seen = archive((1, 3), returns=2, dtype="FP16", outputs=known)
    outputs = resolve_signature(seen, spec()).outputs
    assert [each.dtype for each in outputs] == ["FP16", "INT64"]
    unclear = archive((1, 3), returns=2, outputs=known[1:])
    assert [each.dtype for each in resolve_signature(unclear, spec()).outputs] == ["FP32", "FP32"]


def test_output_has_the_type_of_the_input_that_it_returns() -> None:
    model = archive((1, 3), (1, 3), dtype="INT32", outputs=(OutputFacts(argument=1),))
    assert [each.dtype for each in resolve_signature(model, spec()).outputs] == ["INT32"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (OutputFacts(unsupported="bfloat16"), "a bfloat16 tensor"),
        (OutputFacts(unsupported="complex"), "view_as_real"),
        (OutputFacts(unsupported="quantized"), "dequantize"),
        (OutputFacts(is_sparse=True), "to_dense"),
        (OutputFacts(is_scalar=True, dtype=Dtype.INT64), "keepdim"),
    ],
)
def test_output_that_triton_cannot_return(facts: OutputFacts, words: str) -> None:
    model = archive((1, 3), returns=2, outputs=(OutputFacts(), facts))
    both = spec("outputs: [{name: a, dtype: FP32, dims: [1]}, {name: b, dtype: INT64, dims: [1]}]")
    for deploy_spec in (spec(), both):
        with pytest.raises(ModelRejected) as caught:
            resolve_signature(model, deploy_spec)
        assert words in str(caught.value)
    first = spec("outputs: [{name: OUTPUT__0, dtype: FP32, dims: [1]}]")
    assert len(resolve_signature(model, first).outputs) == 1


def test_declared_type_that_the_code_contradicts() -> None:
    model = archive((1, 3), outputs=(OutputFacts(dtype=Dtype.INT64),))
    with pytest.raises(
        SpecRejected, match=r"is FP32 in deploy.yaml, but .* returns INT64"
    ) as caught:
        resolve_signature(model, spec("outputs: [{name: 'a b', dtype: FP32, dims: [-1]}]"))
    line = caught.value.fix.partition("upload it:\n")[2]
    assert resolve_signature(model, spec(f"outputs:\n{line}")).outputs[0].dtype == "INT64"


def test_comments_name_the_arguments_of_the_models_own_code() -> None:
    """torch writes `ops0` for an argument `ops`, because its code uses the name `ops`."""
    model = archive(arguments="ops0 inf0 x0 input")
    with pytest.raises(SpecRejected) as caught:
        resolve_signature(model, spec())
    comments = re.findall(r"# forward's argument (\S+)", caught.value.fix)
    assert comments == ["ops", "inf", "x0", "input"]


TEXT = OutputFacts(dtype=Dtype.STRING)


def of_text(*types: str, outputs: tuple[OutputFacts, ...] = (TEXT,)) -> TorchScriptArchive:
    arguments = tuple(Argument(f"x{index}", kind) for index, kind in enumerate(types))
    plain = archive(returns=len(outputs), outputs=outputs)
    return dataclasses.replace(plain, arguments=arguments)


def test_lists_of_text_need_no_spec() -> None:
    assert resolve_signature(of_text("List[str]", "List[str]"), spec()) == Signature(
        inputs=tuple(
            Tensor(name=f"INPUT__{index}", dtype=Dtype.STRING, dims=(-1,), example_dims=(1,))
            for index in range(2)
        ),
        outputs=(Tensor(name="OUTPUT__0", dtype=Dtype.STRING, dims=(-1,)),),
        max_batch_size=0,
    )


LINE = "inputs: [{name: x0, dtype: %s, dims: %s}]\n"


@pytest.mark.parametrize(
    ("model", "text", "message"),
    [
        (of_text("List[str]"), "max_batch_size: 8", "one dimension only, so there is none for"),
        (of_text("List[str]"), LINE % ("FP32", "[4]"), "`forward` takes `x0: List\\[str\\]`"),
        (of_text("List[str]"), LINE % ("STRING", "[4, 2]"), "Text is STRING of one dimension"),
        (of_text("Tensor"), LINE % ("STRING", "[4]"), "`forward` takes `x0: Tensor`"),
        (of_text("Tensor"), LINE % ("FP32", "[4]") + "max_batch_size: 4", "none for the batch"),
        (
            of_text("List[str]"),
            "outputs: [{name: y, dtype: STRING, dims: [-1, 2]}]",
            "A List\\[str\\] has one dimension",
        ),
        (
            of_text("List[str]"),
            "outputs: [{name: y, dtype: FP32, dims: [4]}]",
            "`forward` returns STRING",
        ),
    ],
)
def test_text_that_triton_cannot_serve(model: TorchScriptArchive, text: str, message: str) -> None:
    with pytest.raises(SpecRejected, match=message) as caught:
        resolve_signature(model, spec(text))
    if "this line" in caught.value.fix:
        key = "inputs" if "input" in caught.value.cause else "outputs"
        pasted = f"{key}:\n" + caught.value.fix.rpartition(":\n")[2]
        assert resolve_signature(model, spec(pasted))


def test_owner_completes_text_among_tensors() -> None:
    model = of_text("List[str]", "Tensor", outputs=(OutputFacts(),))
    with pytest.raises(SpecRejected) as caught:
        resolve_signature(model, spec())
    lines = caught.value.fix.partition("upload it:\n")[2].replace("SIZE", "3")
    found = resolve_signature(model, spec(lines))
    assert (found.max_batch_size, [each.dtype for each in found.inputs]) == (0, ["STRING", "FP32"])
    assert found.inputs[0].example_dims == (1,)


def test_text_output_makes_the_dims_whole() -> None:
    found = resolve_signature(of_text("Tensor"), spec(LINE % ("FP32", "[4, 3]")))
    assert shapes(found) == (0, [(4, 3)])
