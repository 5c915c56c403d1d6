"""Finds warning signs in the text of a TorchScript archive's code.

torch prints one statement per line, with its own operators as `torch.NAME(…)` and others as
`ops.NAMESPACE.NAME(…)`. It reads an attribute as `c = self.c` and writes it as `self.c = …`. This
module only matches lines, and executes nothing. Matches are signs, not proofs: they cause warnings,
never rejections. Source: torch/csrc/jit/serialization/python_print.cpp.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

# The namespaces that `torch._C._jit_get_all_schemas()` lists and libtorch registers without Python.
_OWN_NAMESPACES = frozenset(
    (
        *("aten", "prim", "prims", "prepacked", "static_runtime", "inductor", "profiler", "cuda"),
        *("quantized", "_quantized", "quantization", "sparse", "rnn", "xnnpack", "onednn"),
        *("mkl", "mkldnn", "mkldnn_prepacked", "c10d", "_c10d_functional"),
    )
)

_MAX_FINDINGS = 20_000  # bounds the memory, whatever a model contains
_MAX_STATEMENTS = 200_000
_BATCH_NORM_COUNTER = "num_batches_tracked"

_LINE = re.compile(r"[^\n]+")
_CALLED = re.compile(r"\)\.(\w+)\(")
_METHOD = re.compile(r"^ {0,2}def (\w+)\(")
_IF_TRAINING = re.compile(r"^ +if training\d*:$")
_READ = re.compile(r"^ +(\w+) = (\w+)\.(\w+)$")
_WRITTEN = re.compile(r"^ +\w+\.(\w+) = ")
_VIEW = re.compile(
    r"^ +(\w+) = torch\.(?:select|slice|narrow|view|squeeze|unsqueeze|transpose|t|permute|detach|"
    r"\w*[a-z0-9]_)\((\w+)[,)]"
)
_CHANGED = re.compile(
    r"torch\.(?:[a-z]\w*[a-z0-9]_|_set_item|append|insert|clear|extend|pop)\("
    r"(?:torch\.(?:select|slice|narrow|view|squeeze|unsqueeze|transpose|t|permute|detach|"
    r"[a-z]\w*[a-z0-9]_)\()*(\w+)"
)
_DEVICE = re.compile(r'torch\.device\("(\w+(?::\d+)?)"\)')
_CUDA_CALL = re.compile(r"torch\.cuda\(")
_OPERATOR = re.compile(r"(?<![.\w])ops\.(\w+)\.(\w+)\(")
_CLASS = re.compile(r"\b__torch__\.torch\.classes\.(\w+)\.(\w+)")
_QUANTIZED = re.compile(r"(?<![.\w])ops\.quantized\.")
_READS_TRAINING = re.compile(r"\.training\b")
_TRACED_IN_TRAINING = re.compile(
    r"torch\.(?:\w+_)?dropout_?\([^\n]{0,200}, True\)"
    r"|torch\.batch_norm\((?:[^,\n]{1,200}, ){5}True, "
)
_LITERAL_BATCH = re.compile(
    r"torch\.(?:reshape|view|_unsafe_view|expand|zeros|ones|empty|full|rand|randn)\("
    r"(?:[^\[\]\n]{0,200}, )?\[1, "
)

NEWER_OPERATORS = (
    ("rms_norm", (2, 4), re.compile(r"torch\.rms_norm\(")),
    (
        "scaled_dot_product_attention(enable_gqa)",
        (2, 5),
        re.compile(r"torch\.scaled_dot_product_attention\([^\n]{0,500}\benable_gqa="),
    ),
)
"""Operators that models use, with the first PyTorch release that had them (release notes of
PyTorch). Operators that are not listed count as old, because no warning is better than a wrong
one."""


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """The findings in an archive's code.

    Attributes:
        changed: attributes that a call of the model changes for later calls.
        devices: the devices that are written into the code, such as "cpu" or "cuda:0".
        foreign_operators: operators that libtorch alone lacks, as `namespace::name`.
        newer_operators: the NEWER_OPERATORS that the code uses, with their first PyTorch release.
        reads_training: whether a module checks for training mode.
        traced_in_training: whether dropout or batch norm was traced in training mode.
        quantized: whether the code uses operators for quantized tensors.
        literal_batch: whether a shape in the code has a leading dimension of 1.
    """

    changed: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    foreign_operators: tuple[str, ...] = ()
    newer_operators: tuple[tuple[str, tuple[int, int]], ...] = ()
    reads_training: bool = False
    traced_in_training: bool = False
    quantized: bool = False
    literal_batch: bool = False


def code_facts(source: str) -> CodeFacts:
    """Scan the code of an archive, which is the text of all its files.

    Tracing `x.reshape(int(x.size(0)), -1)` with a batch of 1 gives `torch.reshape(x, [1, -1])`.
    Such a model fails or mixes up its examples with any other batch. This literal batch is a sign,
    not a proof: the 1 may belong to a weight.
    """
    return CodeFacts(
        changed=_names(_changed_attributes(source)),
        devices=_names(_devices(source)),
        foreign_operators=_names(_foreign(source)),
        newer_operators=tuple(
            (name, version) for name, version, sign in NEWER_OPERATORS if sign.search(source)
        ),
        reads_training=_READS_TRAINING.search(source) is not None,
        traced_in_training=_TRACED_IN_TRAINING.search(source) is not None,
        quantized=_QUANTIZED.search(source) is not None,
        literal_batch=_LITERAL_BATCH.search(source) is not None,
    )


def _names(found: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(set(islice(found, _MAX_FINDINGS))))


def _devices(source: str) -> Iterator[str]:
    yield from (match[1] for match in _DEVICE.finditer(source))
    if _CUDA_CALL.search(source):
        yield "cuda"


def _foreign(source: str) -> Iterator[str]:
    for found in (_OPERATOR, _CLASS):
        for match in found.finditer(source):
            if match[1] not in _OWN_NAMESPACES:
                yield f"{match[1]}::{match[2]}"


def _changed_attributes(source: str) -> Iterator[str]:
    """Find attributes that are assigned, or tensors and lists in them that are changed in place.

    Only code that `forward` calls counts, not `__setstate__`, which runs when the model is loaded.
    """
    called: dict[str, set[str]] = {}
    changed: dict[str, set[str]] = {}
    for method, line, attribute_of in islice(_statements(source), _MAX_STATEMENTS):
        for call in _CALLED.finditer(line):
            called.setdefault(method, set()).add(call[1])
        if names := set(_changed_by(line, attribute_of)):
            changed.setdefault(method, set()).update(names)
    reached, waiting = {"forward"}, ["forward"]
    while waiting:
        new = called.get(waiting.pop(), set()) - reached
        reached |= new
        waiting.extend(new)
    for method in changed.keys() & reached:
        yield from changed[method]


def _statements(source: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield each method's name, a line of it, and the attributes that its variables stand for.

    Lines under `if training` are left out.
    """
    method, skipped_indent = "", None
    attribute_of: dict[str, str] = {}
    for line in (match[0] for match in _LINE.finditer(source)):
        if start := _METHOD.match(line):
            method, skipped_indent, attribute_of = start[1], None, {}
            continue
        indent = len(line) - len(line.lstrip(" "))
        if not method or indent < 4 or (skipped_indent is not None and indent > skipped_indent):
            continue
        skipped_indent = indent if _IF_TRAINING.match(line) else None
        if read := _READ.match(line):
            attribute_of[read[1]] = read[3]
        elif (view := _VIEW.match(line)) and view[2] in attribute_of:
            attribute_of[view[1]] = attribute_of[view[2]]
        yield method, line, attribute_of


def _changed_by(line: str, attribute_of: dict[str, str]) -> Iterator[str]:
    if written := _WRITTEN.match(line):
        yield written[1]
    for changed in _CHANGED.finditer(line):
        name = attribute_of.get(changed[1], _BATCH_NORM_COUNTER)
        if name != _BATCH_NORM_COUNTER:
            yield name
