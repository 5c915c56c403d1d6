import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from model_packager.dtype import Dtype
from model_packager.rejection import SpecRejected
from model_packager.spec.deploy_spec import (
    INSIDE,
    NEXT_TO,
    DeploySpec,
    parse_deploy_spec,
    resolve_spec,
)
from model_packager.spec.hosting_spec import Endpoint, InferenceAmiVersion
from model_packager.spec.load_profile import LoadProfile
from model_packager.spec.smoke_test_spec import SmokeTest
from model_packager.spec.triton_spec import (
    DynamicBatching,
    ModelWarmup,
    PytorchBackend,
    TensorSpec,
    VersionPolicy,
)
from model_packager.spec.yaml.document import Place

EVERY_KEY = """\
max_batch_size: 8
inputs:  [{name: INPUT__0, dtype: FP32, dims: [3, -1, 224], example_dims: [3, 224, 224]}]
outputs: [{name: OUTPUT__0, dtype: FP32, dims: [1000]}]
dynamic_batching: {preferred_batch_sizes: [4, 8], max_queue_delay_microseconds: 100}
instance_group: {count: 2, kind: KIND_CPU}
model_warmup: {data: random, batch_sizes: [1, 8], repeat: 3}
version_policy: {specific: [1]}
pytorch_backend:
  disable_optimized_execution: true
  inference_mode: false
  disable_cudnn: true
  enable_weight_sharing: true
  enable_cache_cleaning: true
  enable_jit_executor: false
  enable_jit_profiling: false
  enable_tensor_fuser: false
  inter_op_thread_count: 2
  intra_op_thread_count: 4
package: tar.gz
endpoint:
  instance_type: ml.g4dn.xlarge
  fallback_instance_types: [ml.g5.xlarge, ml.g5.2xlarge]
  instance_count: 3
  inference_ami_version: al2-ami-sagemaker-inference-gpu-3-1
  model_download_timeout_seconds: 60
  startup_timeout_seconds: 3600
  time_to_live_hours: 1.5
  data_capture_percent: 100
rollout:
  strategy: canary
  staging: true
  size_percent: 25
  wait_seconds: 60
  termination_wait_seconds: 30
  max_5xx_per_minute: 1
  max_p95_ms: 200
schedule: {sleep: "0 19 * * mon-fri", wake: "0 7 * * mon-fri", timezone: Europe/Berlin}
autoscaling:
  min_instances: 2
  max_instances: 4
  invocations_per_instance: 600
  scale_in_cooldown_seconds: 0
  scale_out_cooldown_seconds: 1
container: {environment: {SAGEMAKER_TRITON_THREAD_COUNT: "4"}, network_isolation: false}
move_from: teams/vision/resnet
tags: {team: vision, cost-center: "42"}
smoke_test:
  request_format: json
  requests: 7
  rtol: 1e-2
  atol: 0
  tolerances: {OUTPUT__0: {rtol: 0, atol: 1}, OUTPUT__1: {atol: 1e-2}}
  deterministic: false
  batch_consistency: false
  max_p50_ms: 12.5
  max_p95_ms: 80
  load: {concurrency: [1, 8], seconds: 2.5}
  seed: 1
  picture: {resize: 232, crop: 224, interpolation: bicubic, mean: [0, 0, 0], std: [1, 1, 1]}
"""


def parsed(text: str) -> DeploySpec:
    return parse_deploy_spec(text, origin=NEXT_TO)


def refused(text: str) -> SpecRejected:
    with pytest.raises(SpecRejected) as rejection:
        parsed(text)
    return rejection.value


@pytest.mark.parametrize(
    "types",
    [
        "instance_type: ml.g5.xlarge, fallback_instance_types: [ml.m5.large, ml.g5.xlarge]",
        "fallback_instance_types: [ml.g5.xlarge, ml.g5.xlarge]",
    ],
)
def test_instance_type_twice_is_refused(types: str) -> None:
    cause = refused(f"endpoint: {{{types}}}").cause
    assert "should name each instance type once, but ml.g5.xlarge occurs twice" in cause


def test_every_key_is_accepted() -> None:
    spec = parsed(EVERY_KEY)
    assert spec.inputs is not None
    assert spec.inputs[0].dims == (3, -1, 224)
    assert spec.inputs[0].dtype is Dtype.FP32
    assert spec.smoke_test.rtol == 0.01
    assert spec.smoke_test.picture.interpolation == "bicubic"
    default = DeploySpec().model_dump()
    flat = {key for key, value in spec.model_dump().items() if value != default[key]}
    # `autoscaling` excludes the other hosting mode: test_hosting_mode.py
    assert flat == set(DeploySpec.model_fields) - {"hosting"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "endpoint:\ninputs:\n", "{}"])
def test_an_empty_text_or_section_is_the_default(text: str) -> None:
    assert parsed(text) == DeploySpec()


def test_the_spec_survives_its_way_through_the_states() -> None:
    spec = parsed(EVERY_KEY)
    assert DeploySpec.model_validate(json.loads(spec.model_dump_json())) == spec
    assert DeploySpec.model_validate_json(DeploySpec().model_dump_json()) == DeploySpec()


@pytest.mark.parametrize(
    ("text", "batching"),
    [
        ("dynamic_batching: true", DynamicBatching()),
        ("dynamic_batching: {}", DynamicBatching()),
        ("dynamic_batching: false", None),
    ],
)
def test_dynamic_batching_is_switched(text: str, batching: DynamicBatching | None) -> None:
    assert parsed(text).dynamic_batching == batching


@pytest.mark.parametrize(
    ("text", "load"),
    [
        ("load: true", LoadProfile()),
        ("load: {}", LoadProfile()),
        ("load: false", None),
        ("requests: 1", None),
        ("load: {concurrency: [3], seconds: 0.5}", LoadProfile(concurrency=(3,), seconds=0.5)),
    ],
)
def test_load_is_switched(text: str, load: LoadProfile | None) -> None:
    assert parsed(f"smoke_test: {{{text}}}").smoke_test.load == load


@pytest.mark.parametrize(
    ("load", "words"),
    [
        ("concurrency: []", "'smoke_test.load.concurrency' should not be empty"),
        ("concurrency: [0]", "greater than or equal to 1"),
        ("concurrency: [65]", "less than or equal to 64"),
        ("concurrency: [4, 2]", "concurrency should be in ascending order, not [4, 2]"),
        ("concurrency: [2, 2]", "concurrency should be in ascending order, not [2, 2]"),
        ("concurrency: [1, 2, 3, 4, 5, 6, 7, 8, 9]", "at most 8 items"),
        ("seconds: 21", "'smoke_test.load.seconds' should be less than or equal to 20"),
        ("seconds: 0", "'smoke_test.load.seconds' should be greater than 0"),
        ("clients: 1", "unknown key 'smoke_test.load.clients'; "),
    ],
)
def test_load_has_bounds(load: str, words: str) -> None:
    assert words in refused(f"smoke_test: {{load: {{{load}}}}}").cause


@pytest.mark.parametrize(
    ("text", "fewest", "most"),
    [
        ("seed: 1", 5, 51),
        ("requests: 1", 1, 1),
        ("max_p50_ms: 20", 5, 51),
        ("max_p50_ms: 20, requests: 2", 5, 5),
        ("max_p50_ms: 20, requests: 9", 9, 9),
        ("max_p95_ms: 20", 51, 51),
        ("max_p95_ms: 20, requests: 30", 51, 51),
        ("max_p50_ms: 20, max_p95_ms: 30", 51, 51),
        ("max_p95_ms: 20, requests: 100", 100, 100),
    ],
)
def test_limits_raise_the_number_of_requests(text: str, fewest: int, most: int) -> None:
    smoke_test = parsed(f"smoke_test: {{{text}}}").smoke_test
    assert (smoke_test.fewest_requests, smoke_test.max_requests) == (fewest, most)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("smoke_test: {max_p50_ms: 0}", "'smoke_test.max_p50_ms' should be greater than 0"),
        ("smoke_test: {max_p95_ms: -1}", "'smoke_test.max_p95_ms' should be greater than 0"),
        ("smoke_test: {deterministic: 'no'}", "'smoke_test.deterministic' should be a valid bool"),
        ("smoke_test: {tolerances: {y: {rtoll: 1}}}", "did you mean 'rtol'?"),
        ("smoke_test: {tolerances: {y: {atol: -1}}}", "greater than or equal to 0"),
        ("smoke_test: {tolerances: {'': {atol: 1}}}", "should have at least 1 character"),
        ("max_batchsize: 8", "unknown key 'max_batchsize'; did you mean 'max_batch_size'?"),
        ("a: 1\nendpoint:\n  instance_typ: x", "line 3, column 3: unknown key 'endpoint.instan"),
        ("endpoint:\n  startup_timeout_seconds: 5", "line 2, column 28: 'endpoint.startup_time"),
        ("inputs:\n  - name: a\n    dims: [1]", "line 2, column 5: 'inputs[0].dtype' is missin"),
        ("zzz: 1", "known keys: max_batch_size, inputs, outputs"),
        ("max_batch_size: '8'", "'max_batch_size' should be a whole number, not \"8\""),
        ("max_batch_size: true", "should be a whole number, not true"),
        ("max_batch_size: -1", "greater than or equal to 0"),
        ("inputs: []", "'inputs' should not be empty"),
        ("inputs: {name: a}", "'inputs' should be a list"),
        ("inputs: [{name: a, dtype: FP32}]", "'inputs[0].dims' is missing"),
        ("inputs: [{name: a, dtype: FP32, dims: []}]", "'inputs[0].dims' should not be empty"),
        (
            "inputs: [{name: a, dtype: FP32, dims: [3, 0]}]",
            "'inputs[0].dims[1]' should be a positi",
        ),
        ("inputs: [{name: a, dtype: FP32, dims: [-2]}]", "or -1 for a variable size"),
        ("inputs: [{name: a, dtype: TEXT, dims: [1]}]", "should be 'BOOL', 'UINT8'"),
        ("inputs: [{name: a, dtype: BF16, dims: [1]}]", "not \"BF16\"; did you mean 'FP16'?"),
        ("inputs: [{name: a, dtype: float32, dims: [1]}]", 'not "float32"'),
        (
            "inputs: [{name: '', dtype: FP32, dims: [1]}]",
            "'inputs[0].name' should have at least 1 char",
        ),
        (
            f"inputs: [{{name: {'x' * 1025}, dtype: FP32, dims: [1]}}]",
            "'inputs[0].name' should have at most 1024 characters",
        ),
        (
            "inputs: [{name: a, dtype: FP32, dims: [1]}, {name: a, dtype: FP32, dims: [1]}]",
            "'a' occurs twice",
        ),
        (
            "inputs: [{name: a, dtype: FP32, dims: [3, -1], example_dims: [4, 9]}]",
            "example_dims [4, 9] should be dims [3, -1] with every -1",
        ),
        (
            "inputs: [{name: a, dtype: FP32, dims: [3, -1], example_dims: [3]}]",
            "example_dims [3] should be dims [3, -1] with every -1",
        ),
        ("max_batch_size: 0\ndynamic_batching: true", "needs a max_batch_size of 2 or more"),
        (
            "max_batch_size: 4\ndynamic_batching: {preferred_batch_sizes: [8]}",
            "preferred_batch_sizes has 8, but max_batch_size is 4",
        ),
        ("instance_group: {count: 0}", "greater than or equal to 1"),
        ("instance_group: {kind: KIND_TPU}", "'KIND_AUTO', 'KIND_CPU' or 'KIND_GPU'"),
        ("instance_group: {kind: gpu}", "did you mean 'KIND_GPU'?"),
        ("instance_group: {kind: 4}", "not 4."),
        ("model_warmup: {batch_sizes: [0]}", "'model_warmup.batch_sizes[0]' should be greater"),
        ("model_warmup: {data: zeros}", "did you mean 'zero'?"),
        ("model_warmup: 3", "'model_warmup' should be a mapping, not 3"),
        ("version_policy: {}", "exactly one of the keys latest, specific and all"),
        ("version_policy: {latest: 1, all: true}", "exactly one of the keys"),
        ("version_policy: {all: false}", "'version_policy.all' should be"),
        ("version_policy: {specific: [2]}", "specific should contain 1"),
        ("pytorch_backend: {infrence_mode: true}", "did you mean 'inference_mode'?"),
        ("pytorch_backend: {inference_mode: 'on'}", "'pytorch_backend.inference_mode' should be"),
        ("pytorch_backend: {intra_op_thread_count: 0}", "greater than or equal to 1"),
        (
            "endpoint: {inference_ami_version: al2023-ami-sagemaker-inference-gpu}",
            "did you mean 'al2023-ami-sagemaker-inference-gpu-4-1'?",
        ),
        ("endpoint: {instance_type: g4dn.xlarge}", "such as ml.g4dn.xlarge"),
        ("endpoint: {startup_timeout_seconds: 59}", "greater than or equal to 60"),
        ("endpoint: {model_download_timeout_seconds: 3601}", "less than or equal to 3600"),
        ("container: {environment: {A: 4}}", "'container.environment.A' should be text; write"),
        ("container: {environment: {DEBUG: true}}", 'should be text; write it in quotes: "true".'),
        ("container: {environment: {1A: a}}", "letters, digits and underscores"),
        ("container: {environment: [a]}", "should be a mapping"),
        (
            "container: {environment: {SAGEMAKER_TRITON_DEFAULT_MODEL_NAME: a}}",
            "Modeldrop sets it",
        ),
        (f"container: {{environment: {{A: {'é' * 600}}}}}", "at most 1,024 bytes for A"),
        (
            "container: {environment: {" + ", ".join(f"A{i}: b" for i in range(100)) + "}}",
            "at most 98 entries",
        ),
        (
            "container: {environment: {"
            + ", ".join(f"A{i}: {'b' * 1000}" for i in range(40))
            + "}}",
            "at most 32,768 bytes in total",
        ),
        ("endpoint: {data_capture_percent: 101}", "less than or equal to 100"),
        ("container: {network_isolation: 'on'}", "'container.network_isolation' should be"),
        ("tags: {cost-center: 42}", "'tags.cost-center' should be text; write"),
        ("tags: {aws:team: a}", "'aws:team': AWS reserves keys that begin with aws:"),
        ("tags: {modeldrop:model: a}", "Modeldrop reserves keys that begin with modeldrop:"),
        ("tags: {team: 'a#b'}", "letters, digits, spaces and"),
        (f"tags: {{{'k' * 129}: a}}", "keys of 1 to 128 characters"),
        (f"tags: {{team: {'v' * 257}}}", "at most 256 characters for team"),
        ("tags: {" + ", ".join(f"k{i}: v" for i in range(41)) + "}", "at most 40 entries"),
        ("smoke_test: {rtol: .nan}", "should be a finite number"),
        ("smoke_test: {rtol: true}", "should be a number, not true"),
        ("smoke_test: {rtol: -1}", "greater than or equal to 0"),
        ("smoke_test: {request_format: grpc}", "should be 'binary' or 'json'"),
        ("smoke_test: {request_format: JSON}", "did you mean 'json'?"),
        ("smoke_test: {picture: {crop: 300}}", "crop 300 should be at most resize 256"),
        ("smoke_test: {picture: {std: [1, 1, 0]}}", "'smoke_test.picture.std[2]' should be great"),
    ],
)
def test_errors_name_line_and_key(text: str, words: str) -> None:
    rejection = refused(text)
    assert words in rejection.cause
    assert rejection.cause.startswith(f"{NEXT_TO}")
    assert "upload the file again" in rejection.fix


@pytest.mark.parametrize(
    ("text", "warmup"),
    [
        ("model_warmup: true", ModelWarmup()),
        ("model_warmup: {}", ModelWarmup()),
        ("model_warmup: false", ModelWarmup(batch_sizes=())),
        ("model_warmup:", None),
    ],
)
def test_warm_up_is_switched(text: str, warmup: ModelWarmup | None) -> None:
    assert parsed(text).model_warmup == warmup


def test_places_tell_which_text_a_value_is_of() -> None:
    found = resolve_spec("endpoint:\n  instance_count: 2", "max_batch_size: 4").places
    assert found[("endpoint", "instance_count")] == Place(NEXT_TO, (2, 3), (2, 19))
    assert found[("max_batch_size",)] == Place(INSIDE, (1, 1), (1, 17))
    assert resolve_spec(None, None).places == {}


def test_several_errors_are_reported_together_up_to_a_limit() -> None:
    assert refused("a: 1\nb: 2").cause.count("\n") == 1
    many = "\n".join(f"wrong_{number}: 1" for number in range(20))
    assert refused(many).cause.endswith("and 15 more.")


def test_the_spec_next_to_the_model_wins_key_by_key() -> None:
    inside = """
    max_batch_size: 4
    inputs: [{name: A, dtype: FP32, dims: [3]}, {name: B, dtype: FP32, dims: [3]}]
    smoke_test: {requests: 2, picture: {resize: 300, crop: 280}}
    container: {environment: {A: "1", B: "1"}}
    tags: {team: audio, cost-center: "42"}
    """
    separate = """
    inputs: [{name: C, dtype: FP32, dims: [3]}]
    smoke_test: {picture: {crop: 260}}
    container: {environment: {B: "2"}}
    tags: {team: vision}
    """
    spec = resolve_spec(separate, inside).spec
    assert spec.max_batch_size == 4
    assert spec.inputs is not None
    assert [each.name for each in spec.inputs] == ["C"]
    assert spec.smoke_test.requests == 2
    assert (spec.smoke_test.picture.resize, spec.smoke_test.picture.crop) == (300, 260)
    assert spec.container.environment == {"A": "1", "B": "2"}
    assert spec.tags == {"team": "vision", "cost-center": "42"}


def test_single_or_missing_spec_is_unchanged() -> None:
    assert resolve_spec(None, None).spec == DeploySpec()
    assert resolve_spec("max_batch_size: 3", None).spec == parsed("max_batch_size: 3")
    assert resolve_spec(None, "max_batch_size: 3").spec == parsed("max_batch_size: 3")
    assert resolve_spec("", "max_batch_size: 3").spec == parsed("max_batch_size: 3")


@pytest.mark.parametrize(
    ("separate", "inside", "origin"),
    [
        ("a: 1", None, "deploy.yaml next to the model, line 1"),
        (None, "a: 1", "extra/deploy.yaml inside the model, line 1"),
        ("endpoint: {b: 1}", "endpoint:\n  a: 1", "extra/deploy.yaml inside the model, line 2"),
        ("endpoint: {b: 1}", "endpoint:\n  b: 1", "deploy.yaml next to the model, line 1"),
        ("max_batch_size: 1", "a: 1", "extra/deploy.yaml inside the model, line 1"),
        (
            "max_batch_size: 1",
            "dynamic_batching: true",
            "deploy.yaml next to the model, merged with extra/deploy.yaml inside the model: ",
        ),
    ],
)
def test_error_names_the_text_that_contains_it(
    separate: str | None, inside: str | None, origin: str
) -> None:
    with pytest.raises(SpecRejected) as rejection:
        resolve_spec(separate, inside)
    assert rejection.value.cause.startswith(origin)


def positive(largest: int) -> st.SearchStrategy[int]:
    return st.integers(1, largest)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


SIZES = st.lists(positive(64), max_size=3).map(tuple)
TENSORS = st.lists(
    st.builds(
        TensorSpec,
        name=st.from_regex(r"[A-Za-z_][A-Za-z_0-9]{0,9}", fullmatch=True),
        dtype=st.sampled_from(Dtype),
        dims=st.lists(positive(999) | st.just(-1), min_size=1, max_size=4).map(tuple),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda tensor: tensor.name,
).map(tuple)
SPECS = st.builds(
    DeploySpec,
    max_batch_size=st.integers(64, 65_536),
    inputs=maybe(TENSORS),
    outputs=maybe(TENSORS),
    dynamic_batching=maybe(st.builds(DynamicBatching, preferred_batch_sizes=SIZES)),
    model_warmup=maybe(st.builds(ModelWarmup, batch_sizes=SIZES, repeat=positive(100))),
    version_policy=maybe(st.builds(VersionPolicy, latest=positive(9))),
    pytorch_backend=st.builds(
        PytorchBackend,
        inference_mode=maybe(st.booleans()),
        intra_op_thread_count=maybe(positive(1024)),
    ),
    endpoint=st.builds(
        Endpoint,
        instance_count=maybe(positive(1000)),
        inference_ami_version=maybe(st.sampled_from(InferenceAmiVersion)),
        startup_timeout_seconds=st.integers(60, 3600),
    ),
    smoke_test=st.builds(
        SmokeTest, rtol=st.floats(0, 1, allow_nan=False), seed=st.integers(0, 2**32 - 1)
    ),
)


@settings(max_examples=100, derandomize=True)
@given(SPECS)
@pytest.mark.slow
def test_any_spec_comes_back_as_it_was_written(spec: DeploySpec) -> None:
    content = spec.model_dump(mode="json", exclude_none=True)
    assert parsed(yaml.safe_dump(content)) == spec
    # A key without a value counts as a missing key.
    assert parsed(yaml.safe_dump(spec.model_dump(mode="json"))) == spec


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*DeploySpec.model_fields, "environment", "picture", "dims", "name"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, derandomize=True)
@given(JSON)
def test_any_yaml_is_accepted_or_rejected_with_a_message(value: Any) -> None:
    try:
        parsed(yaml.safe_dump(value))
    except SpecRejected as rejection:
        assert rejection.cause.startswith(NEXT_TO)  # noqa: PT017 - some are not rejected


@pytest.mark.parametrize("name", ["STRING", "BYTES"])
def test_text_has_two_names(name: str) -> None:
    spec = parse_deploy_spec(
        f"inputs: [{{name: a, dtype: {name}, dims: [1]}}]", origin="deploy.yaml"
    )
    assert spec.inputs is not None
    assert (spec.inputs[0].dtype, spec.inputs[0].dtype.datatype) == ("STRING", "BYTES")
