"""The tests parse the text with Triton's protobuf."""

import json
from typing import Any

import pytest
from google.protobuf import text_format  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from tritonclient.grpc import model_config_pb2

from model_packager.dtype import Dtype
from model_packager.rejection import SpecRejected
from model_packager.repository.config_pbtxt import effective_warmup, render_config_pbtxt
from model_packager.signature import Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec, parse_deploy_spec
from model_packager.spec.triton_spec import (
    DynamicBatching,
    InstanceGroup,
    InstanceKind,
    ModelWarmup,
    PytorchBackend,
    VersionPolicy,
)

RESNET = Signature(
    inputs=(Tensor(name="INPUT__0", dtype=Dtype.FP32, dims=(3, 224, 224)),),
    outputs=(
        Tensor(name="OUTPUT__0", dtype=Dtype.FP32, dims=(1000,)),
        Tensor(name="OUTPUT__1", dtype=Dtype.INT64, dims=(-1,)),
    ),
    max_batch_size=8,
)
TEXT = """\
name: "resnet"
platform: "pytorch_libtorch"
max_batch_size: 8
input [
  {
    name: "INPUT__0"
    data_type: TYPE_FP32
    dims: [ 3, 224, 224 ]
  }
]
output [
  {
    name: "OUTPUT__0"
    data_type: TYPE_FP32
    dims: [ 1000 ]
    label_filename: "labels.txt"
  }
  ,
  {
    name: "OUTPUT__1"
    data_type: TYPE_INT64
    dims: [ -1 ]
  }
]
instance_group [
  {
    count: 2
    kind: KIND_AUTO
  }
]
version_policy: { latest { num_versions: 2 } }
parameters { key: "INFERENCE_MODE" value { string_value: "true" } }
parameters { key: "INTRA_OP_THREAD_COUNT" value { string_value: "4" } }
model_warmup {
  name: "batch of 1"
  batch_size: 1
  count: 2
  inputs {
    key: "INPUT__0"
    value { data_type: TYPE_FP32 dims: [ 3, 224, 224 ] zero_data: true }
  }
}
dynamic_batching {
  preferred_batch_size: [ 4, 8 ]
  max_queue_delay_microseconds: 100
}
"""
SPEC = DeploySpec(
    dynamic_batching=DynamicBatching(preferred_batch_sizes=(4, 8)),
    instance_group=InstanceGroup(count=2),
    version_policy=VersionPolicy(latest=2),
    pytorch_backend=PytorchBackend(inference_mode=True, intra_op_thread_count=4),
)


def rendered(
    signature: Signature = RESNET,
    spec: DeploySpec = SPEC,
    *,
    model: str = "resnet",
    labels: bool = False,
    gpu: bool = False,
) -> Any:
    text = render_config_pbtxt(model, signature, spec, labels=labels, gpu=gpu)
    return text_format.Parse(text, model_config_pb2.ModelConfig())


def test_the_text() -> None:
    assert render_config_pbtxt("resnet", RESNET, SPEC, labels=True, gpu=True) == TEXT


def test_triton_reads_what_was_meant() -> None:
    config = rendered(labels=True)
    assert (config.name, config.platform) == ("resnet", "pytorch_libtorch")
    assert config.max_batch_size == 8
    assert list(config.input[0].dims) == [3, 224, 224]
    assert config.input[0].data_type == model_config_pb2.TYPE_FP32
    assert [each.label_filename for each in config.output] == ["labels.txt", ""]
    assert config.instance_group[0].count == 2
    assert config.instance_group[0].kind == model_config_pb2.ModelInstanceGroup.KIND_AUTO
    assert list(config.dynamic_batching.preferred_batch_size) == [4, 8]


def test_without_batching_and_labels() -> None:
    config = rendered(spec=DeploySpec())
    assert not config.HasField("dynamic_batching")
    assert not config.output[0].label_filename
    assert config.instance_group[0].count == 1


@pytest.mark.parametrize("size", [0, 1])
def test_dynamic_batching_needs_batches(size: int) -> None:
    with pytest.raises(SpecRejected, match=f"max_batch_size is {size}, so Triton cannot") as caught:
        rendered(RESNET.model_copy(update={"max_batch_size": size}))
    assert "set max_batch_size to 8 or more" in caught.value.fix


def test_preferred_batch_must_not_exceed_the_largest_batch() -> None:
    with pytest.raises(SpecRejected, match="has 8, but max_batch_size is 4") as caught:
        rendered(RESNET.model_copy(update={"max_batch_size": 4}))
    assert "Set max_batch_size to 8 or more" in caught.value.fix


def test_gpu_is_used_only_on_gpu_instances() -> None:
    spec = DeploySpec(instance_group=InstanceGroup(kind=InstanceKind.GPU))
    config = rendered(spec=spec, gpu=True)
    assert config.instance_group[0].kind == model_config_pb2.ModelInstanceGroup.KIND_GPU
    with pytest.raises(SpecRejected, match="KIND_GPU"):
        rendered(spec=spec, gpu=False)


def test_cpu_can_be_requested_on_a_gpu_instance() -> None:
    spec = DeploySpec(instance_group=InstanceGroup(kind=InstanceKind.CPU))
    config = rendered(spec=spec, gpu=True)
    assert config.instance_group[0].kind == model_config_pb2.ModelInstanceGroup.KIND_CPU


def of_input(dtype: Dtype, dims: tuple[int, ...], example: tuple[int, ...] | None) -> Signature:
    tensor = Tensor(name="x", dtype=dtype, dims=dims, example_dims=example)
    return Signature(inputs=(tensor,), outputs=RESNET.outputs, max_batch_size=4)


def test_floats_are_warmed_up_by_default_and_integers_on_request() -> None:
    floats, indices = (of_input(each, (3, -1), (3, 7)) for each in (Dtype.FP16, Dtype.INT64))
    warmed = rendered(floats, DeploySpec()).model_warmup
    assert [(each.batch_size, each.count) for each in warmed] == [(1, 2)]
    assert list(warmed[0].inputs["x"].dims) == [3, 7]
    assert warmed[0].inputs["x"].data_type == model_config_pb2.TYPE_FP16
    assert warmed[0].inputs["x"].zero_data
    assert not rendered(indices, DeploySpec()).model_warmup
    deploy_spec = DeploySpec(model_warmup=ModelWarmup(data="random", batch_sizes=(1, 4), repeat=1))
    warmed = rendered(indices, deploy_spec).model_warmup
    assert [(each.batch_size, each.count) for each in warmed] == [(1, 1), (4, 1)]
    assert warmed[0].inputs["x"].random_data


def test_no_warm_up_where_it_is_switched_off_or_the_size_is_open() -> None:
    off = DeploySpec(model_warmup=ModelWarmup(batch_sizes=()))
    assert not rendered(spec=off).model_warmup
    open_size = of_input(Dtype.FP32, (3, -1), None)
    assert not rendered(open_size, DeploySpec()).model_warmup
    with pytest.raises(SpecRejected, match="the size of the input x"):
        rendered(open_size, DeploySpec(model_warmup=ModelWarmup()))


@pytest.mark.parametrize(("max_batch_size", "batch"), [(0, 2), (1, 2), (8, 9)])
def test_warm_up_beyond_the_largest_batch_is_refused(max_batch_size: int, batch: int) -> None:
    spec = DeploySpec(model_warmup=ModelWarmup(batch_sizes=(batch,)))
    with pytest.raises(SpecRejected, match=f"has {batch}, but max_batch_size is {max_batch_size}"):
        rendered(RESNET.model_copy(update={"max_batch_size": max_batch_size}), spec)


@pytest.mark.parametrize(
    ("policy", "choice"),
    [
        (None, None),
        (VersionPolicy(latest=3), "latest"),
        (VersionPolicy(specific=(1, 3)), "specific"),
        (VersionPolicy(all=True), "all"),
    ],
)
def test_version_policy(policy: VersionPolicy | None, choice: str | None) -> None:
    found = rendered(spec=DeploySpec(version_policy=policy)).version_policy
    assert found.WhichOneof("policy_choice") == choice
    if choice == "latest":
        assert found.latest.num_versions == 3
    if choice == "specific":
        assert list(found.specific.versions) == [1, 3]


def test_parameters_are_the_backends_own_names() -> None:
    # triton-inference-server/pytorch_backend, README, "Parameters"
    assert {name.upper() for name in PytorchBackend.model_fields} == {
        "DISABLE_OPTIMIZED_EXECUTION",
        "INFERENCE_MODE",
        "DISABLE_CUDNN",
        "ENABLE_WEIGHT_SHARING",
        "ENABLE_CACHE_CLEANING",
        "ENABLE_JIT_EXECUTOR",
        "ENABLE_JIT_PROFILING",
        "ENABLE_TENSOR_FUSER",
        "INTER_OP_THREAD_COUNT",
        "INTRA_OP_THREAD_COUNT",
    }


@pytest.mark.parametrize("dtype", Dtype)
def test_every_dtype_is_tritons(dtype: Dtype) -> None:
    tensor = Tensor(name="x", dtype=dtype, dims=(1,))
    signature = Signature(inputs=(tensor,), outputs=(tensor,), max_batch_size=0)
    config = rendered(signature, DeploySpec())
    assert config.input[0].data_type == getattr(model_config_pb2, f"TYPE_{dtype}")


DIMS = st.lists(st.integers(1, 2**31 - 1) | st.just(-1), min_size=1, max_size=6).map(tuple)
TENSORS = st.lists(
    st.builds(
        Tensor,
        name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
        dtype=st.sampled_from(Dtype),
        dims=DIMS,
    ),
    min_size=1,
    max_size=4,
).map(tuple)
POLICIES = st.one_of(
    st.none(),
    st.builds(VersionPolicy, latest=st.integers(1, 9)),
    st.builds(VersionPolicy, specific=st.lists(st.integers(2, 9)).map(lambda more: (1, *more))),
    st.just(VersionPolicy(all=True)),
)
SWITCH = st.none() | st.booleans()
COUNT = st.none() | st.integers(1, 1024)
BACKENDS = st.builds(
    PytorchBackend,
    **{name: COUNT if name.endswith("_count") else SWITCH for name in PytorchBackend.model_fields},
)
WARMUPS = st.none() | st.one_of(
    st.just(ModelWarmup(batch_sizes=())),
    st.builds(
        ModelWarmup,
        data=st.sampled_from(["zero", "random"]),
        batch_sizes=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
        repeat=st.integers(1, 100),
    ),
)
BATCHING = st.builds(
    DynamicBatching,
    preferred_batch_sizes=st.lists(st.integers(1, 64), max_size=4).map(tuple),
    max_queue_delay_microseconds=st.integers(0, 60_000_000),
)


@settings(max_examples=150, derandomize=True)
@given(
    model=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    signature=st.builds(
        Signature, inputs=TENSORS, outputs=TENSORS, max_batch_size=st.integers(0, 65_536)
    ),
    batching=st.none() | BATCHING,
    kind=st.sampled_from(InstanceKind),
    labels=st.booleans(),
    policy=POLICIES,
    backend=BACKENDS,
    warmup=WARMUPS,
)
@pytest.mark.slow
def test_any_config_comes_back_as_it_was(
    model: str,
    signature: Signature,
    batching: DynamicBatching | None,
    kind: InstanceKind,
    labels: bool,
    policy: VersionPolicy | None,
    backend: PytorchBackend,
    warmup: ModelWarmup | None,
) -> None:
    sizes_open = any(-1 in each.dims for each in signature.inputs)
    if warmup is not None and (sizes_open or signature.max_batch_size < 4):
        warmup = None  # would be rejected, as other tests show
    sizes = (2, *batching.preferred_batch_sizes) if batching else ()
    if max(sizes, default=0) > signature.max_batch_size:
        batching = None  # would be rejected, too
    spec = DeploySpec(
        dynamic_batching=batching,
        instance_group=InstanceGroup(kind=kind),
        version_policy=policy,
        pytorch_backend=backend,
        model_warmup=warmup,
    )
    config = rendered(signature, spec, model=model, labels=labels, gpu=True)
    assert config.name == model
    assert config.max_batch_size == signature.max_batch_size
    for tensors, theirs in ((signature.inputs, config.input), (signature.outputs, config.output)):
        assert [(each.name, each.dims) for each in tensors] == [
            (each.name, tuple(each.dims)) for each in theirs
        ]
    assert model_config_pb2.ModelInstanceGroup.Kind.Name(config.instance_group[0].kind) == kind
    assert config.HasField("dynamic_batching") == (batching is not None)
    if batching is not None:
        found = config.dynamic_batching
        assert tuple(found.preferred_batch_size) == batching.preferred_batch_sizes
        assert found.max_queue_delay_microseconds == batching.max_queue_delay_microseconds
    assert version_policy_of(config) == policy
    said = {name: each.string_value for name, each in config.parameters.items()}
    assert said == {name.upper(): json.dumps(value) for name, value in backend if value is not None}
    assert warmup_of(config) == effective_warmup(warmup, signature)
    for warmed in config.model_warmup:
        assert {name: tuple(each.dims) for name, each in warmed.inputs.items()} == {
            each.name: each.dims for each in signature.inputs
        }


def warmup_of(config: Any) -> ModelWarmup:
    requests = config.model_warmup
    sizes = tuple(each.batch_size for each in requests)
    if not sizes:
        return ModelWarmup(batch_sizes=())
    kinds = {each.WhichOneof("input_data_type") for each in requests[0].inputs.values()}
    (kind,) = kinds
    return ModelWarmup(data=kind.removesuffix("_data"), batch_sizes=sizes, repeat=requests[0].count)


def version_policy_of(config: Any) -> VersionPolicy | None:
    policy = config.version_policy
    match policy.WhichOneof("policy_choice"):
        case "latest":
            return VersionPolicy(latest=policy.latest.num_versions)
        case "specific":
            return VersionPolicy(specific=tuple(policy.specific.versions))
        case "all":
            return VersionPolicy(all=True)
        case _:
            return None


@settings(max_examples=100, derandomize=True)
@given(TENSORS)
def test_every_valid_spec_can_be_rendered(tensors: tuple[Tensor, ...]) -> None:
    try:
        names = ", ".join(
            f"{{name: {each.name!r}, dtype: {each.dtype}, dims: {list(each.dims)}}}"
            for each in tensors
        )
        spec = parse_deploy_spec(f"outputs: [{names}]", origin="deploy.yaml")
    except SpecRejected:
        return
    assert spec.outputs is not None
    outputs = tuple(Tensor(name=e.name, dtype=e.dtype, dims=e.dims) for e in spec.outputs)
    signature = RESNET.model_copy(update={"outputs": outputs})
    assert [each.name for each in rendered(signature).output] == [e.name for e in spec.outputs]
