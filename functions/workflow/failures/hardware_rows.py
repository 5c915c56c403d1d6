"""Failures of memory, GPU, driver, image and disk."""

from __future__ import annotations

import re

from workflow.failures.failure import FailureKind, FailureRow

SEEN = "tritonserver 2.51"

_SMALLER = (
    "In deploy.yaml, set an endpoint.instance_type with more {memory}, or reduce "
    "instance_group.count or max_batch_size."
)
_MORE_GPU_MEMORY = _SMALLER.replace("{memory}", "GPU memory")
_MORE_MEMORY = _SMALLER.replace("{memory}", "memory")
_OTHER_HOST_IMAGE = (
    "In deploy.yaml, set another endpoint.inference_ami_version, or deploy the stack with an "
    "older TritonRelease."
)

HARDWARE_ROWS = (
    FailureRow(
        FailureKind.OUT_OF_MEMORY,
        re.compile(r"CUDA out of memory\. Tried to allocate (?P<size>[\d.]+ \w+)"),
        "The GPU is out of memory: the model requested {size} more.",
        _MORE_GPU_MEMORY,
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 350.00 MiB. GPU 0 has a "
        "total capacity of 23.68 GiB of which 212.81 MiB is free.",
        "https://github.com/vllm-project/vllm/issues/16343",
    ),
    FailureRow(
        FailureKind.OUT_OF_MEMORY,
        re.compile(
            r"CUDA out of memory|CUDA error: out of memory|CUDA_(?:ERROR_)?OUT_OF_MEMORY"
            r"|cudaErrorMemoryAllocation"
        ),
        "The GPU is out of memory.",
        _MORE_GPU_MEMORY,
        "RuntimeError: CUDA error: out of memory",
        "the patterns that Triton itself matches: "
        "https://github.com/triton-inference-server/server/pull/4392",
    ),
    FailureRow(
        FailureKind.OUT_OF_MEMORY,
        re.compile(r"Failed to allocate memory for requested buffer of size (?P<size>\d+)"),
        "ONNX Runtime could not allocate {size} bytes (on the GPU, if the instance has one).",
        _MORE_GPU_MEMORY,
        "onnx runtime error 6: bfc_arena.cc:368 void* onnxruntime::BFCArena::AllocateRawInternal("
        "size_t, bool, onnxruntime::Stream*, bool, onnxruntime::WaitNotificationFn) Failed to "
        "allocate memory for requested buffer of size 2830172160",
        "https://github.com/triton-inference-server/server/issues/7019",
    ),
    FailureRow(
        FailureKind.OUT_OF_MEMORY,
        re.compile(r"can't allocate memory: you tried to allocate (?P<size>\d+) bytes"),
        "The instance is out of memory: the model requested {size} bytes more.",
        _MORE_MEMORY,
        "failed to load 'm' version 1: Internal: RuntimeError: [enforce fail at alloc_cpu.cpp:127] "
        "err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 17179869184 "
        "bytes. Error code 12 (Cannot allocate memory)",
        SEEN,
    ),
    FailureRow(
        FailureKind.OUT_OF_MEMORY,
        re.compile(r"MemoryError: Unable to allocate (?P<size>[\d.]+ \w+)"),
        "The instance is out of memory: the model requested {size} more.",
        _MORE_MEMORY,
        "failed to load 'm' version 1: Internal: MemoryError: Unable to allocate 32.0 GiB for an "
        "array with shape (8589934592,) and data type float32",
        SEEN,
    ),
    FailureRow(
        FailureKind.OUT_OF_MEMORY,
        re.compile(
            r"\bMemoryError\b|std::bad_alloc|Cannot allocate memory|(?:^|\s)Killed$|Killed process"
            r"|oom-kill|[Oo]ut of memory"
        ),
        "The instance is out of memory.",
        _MORE_MEMORY,
        "failed to load 'm' version 1: Internal: MemoryError: <EMPTY MESSAGE>",
        f"{SEEN}; the others: https://github.com/triton-inference-server/server/issues/3916, "
        "https://github.com/triton-inference-server/server/issues/4154",
    ),
    FailureRow(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(
            r"built for NVIDIA Driver Release (?P<wanted>[\d.]+) or later, but version "
            r"(?P<found>[\d.]+) was detected and compatibility mode is UNAVAILABLE"
        ),
        "The image needs NVIDIA driver {wanted} or later; the host has {found}.",
        _OTHER_HOST_IMAGE,
        "This container was built for NVIDIA Driver Release 575.51 or later, but version "
        "470.256.02 was detected and compatibility mode is UNAVAILABLE",
        "https://github.com/aws/deep-learning-containers/issues/4990",
    ),
    FailureRow(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(
            r"CUDA driver version is insufficient|compatibility mode is UNAVAILABLE"
            r"|CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"
            r"|forward compatibility was attempted on non supported HW"
        ),
        "The host's NVIDIA driver is too old for the image.",
        _OTHER_HOST_IMAGE,
        "failed to load 'densenet_onnx' version 1: Internal: onnx runtime error 1: CUDA failure "
        "35: CUDA driver version is insufficient for CUDA runtime version",
        "https://github.com/triton-inference-server/server/issues/4346",
    ),
    FailureRow(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(r"no kernel image is available for execution on the device"),
        "The image, or the model itself, has no code for this GPU generation.",
        "In deploy.yaml, set an endpoint.instance_type with a newer GPU, or deploy the stack with "
        "an older TritonRelease.",
        "CUDA error: no kernel image is available for execution on the device",
        "https://github.com/pytorch/pytorch/issues/156968",
    ),
    FailureRow(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(r"exec format error"),
        "The image is built for another CPU architecture than that of the instance.",
        "In deploy.yaml, set an endpoint.instance_type with an x86_64 CPU (not Graviton).",
        "exec format error",
        "https://github.com/aws-samples/amazon-sagemaker-custom-container/issues/3",
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(r"of model \S+ has kind KIND_GPU but no GPUs are available"),
        "The model configuration requires a GPU, but the instance has none.",
        "In deploy.yaml, set instance_group.kind to KIND_AUTO, or set an endpoint.instance_type "
        "with a GPU.",
        "failed to load 'm' version 1: Invalid argument: instance group m_0 of model m has kind "
        "KIND_GPU but no GPUs are available",
        SEEN,
    ),
    FailureRow(
        FailureKind.DISK,
        re.compile(
            r"Unable to initialize shared memory key '[^']*' to requested size \((?P<size>\d+) "
            r"bytes\)"
        ),
        "The container's shared memory has no room for {size} more bytes: each instance of a "
        "Python model uses some.",
        "In deploy.yaml, reduce instance_group.count, or set a smaller "
        "SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE under container.environment.",
        "failed to load 'm' version 1: Internal: Unable to initialize shared memory key "
        "'triton_python_backend_shm_region_1' to requested size (67108864 bytes). If you are "
        "running Triton inside docker, use '--shm-size' flag to control the shared memory region "
        "size. Each Python backend model instance requires at least 1 MB of shared memory. Error: "
        "No space left on device",
        f"{SEEN}, and https://github.com/aws/sagemaker-python-sdk/issues/2801",
    ),
    FailureRow(
        FailureKind.DISK,
        re.compile(r"No space left on device"),
        "The instance's disk is full.",
        "In deploy.yaml, set an endpoint.instance_type with a larger disk.",
        "OSError: [Errno 28] No space left on device: '/opt/ml/model/pytorch_model.bin'",
        "https://github.com/aws/sagemaker-huggingface-inference-toolkit/pull/80",
    ),
)
