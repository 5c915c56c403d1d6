"""The pickles of a TorchScript archive, read as lists of opcodes: nothing is unpickled or called.

`pickletools.genops` decodes opcodes without executing them. This module follows the few opcodes
that torch writes on a stack of plain values.
"""

import io
import itertools
import pickletools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model_packager.dtype import OF_TORCH_STORAGE
from model_packager.rejection import FAILURES
from model_packager.signature import MAX_TENSORS

ROOT_BYTES = 4096
"""Enough of data.pkl for the name of the root's class, with which it begins."""

_MAX_RANK = 64


@dataclass(frozen=True, slots=True)
class TracedTensor:
    """An example input that a model was traced with.

    Attributes:
        dtype: Triton's name of the element type, or torch's storage class if Triton has no name.
        shape: the shape in the trace, including the batch.
        key: the key of a tensor in a Dict[str, Tensor]; None elsewhere.
    """

    dtype: str
    shape: tuple[int, ...]
    key: str | None = None


@dataclass(frozen=True, slots=True)
class ModuleData:
    """The findings in the pickle of a module.

    Attributes:
        training: whether a module is in training mode.
        dtypes: Triton's names of the element types of its weights, or torch's if Triton has none.
            Single numbers do not count, because a trace stores constants as such.
    """

    training: bool = False
    dtypes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Global:
    name: str


@dataclass(frozen=True, slots=True)
class _Call:
    function: Any
    arguments: Any


@dataclass(frozen=True, slots=True)
class _Persistent:
    value: Any


class _Mark:
    pass


class _NotUnderstood(Exception):
    pass


_NO_HINT: tuple[type[Exception], ...] = (_NotUnderstood, *FAILURES)


def first_globals(start: bytes, count: int) -> list[str]:
    """Return the first `count` classes or functions that a pickle names, as `module.name`.

    Args:
        start: the pickle, or its beginning.
        count: where to stop.
    """
    names: list[str] = []
    texts: list[str] = []
    for name, argument in _opcodes(start):
        if name == "GLOBAL":
            names.append(argument.replace(" ", "."))
        elif name == "STACK_GLOBAL" and len(texts) >= 2:
            names.append(".".join(texts[-2:]))
        elif isinstance(argument, str):
            texts.append(argument)
        if len(names) == count:
            break
    return names


def root_class(start: bytes) -> str | None:
    """Return the class of a pickled object, as `module.name`; None for a dict, a list and the like.

    Args:
        start: the pickle, or its first ROOT_BYTES.
    """
    skipped = ("PROTO", "FRAME", "MEMOIZE", "SHORT_BINUNICODE", "BINUNICODE")
    for name, _ in _opcodes(start):
        if name in ("GLOBAL", "STACK_GLOBAL"):
            return next(iter(first_globals(start, 1)), None)
        if name not in skipped:
            break
    return None


def legacy_root_class(start: bytes) -> str | None:
    """Return the class of an object that torch.save wrote before PyTorch 1.6; None for a dict.

    Such a file has four pickles: a magic number, the protocol, sizes of types, and the object. The
    class of a module is described as ("module", class, file, source) instead of pickled. Source:
    `_legacy_save` in torch/serialization.py.
    """
    file = io.BytesIO(start)
    for _ in range(3):
        if not any(name == "STOP" for name, _ in _opcodes(file)):
            return None
    rest = file.read()
    opening = [name for name, _ in itertools.islice(_opcodes(rest), 5)]
    if opening == ["PROTO", "MARK", "BINUNICODE", "BINPUT", "GLOBAL"]:
        return next(iter(first_globals(rest, 1)), None)
    return root_class(rest)


def _opcodes(pickle: bytes | io.BytesIO) -> Iterator[tuple[str, Any]]:
    try:
        for opcode, argument, _ in pickletools.genops(pickle):
            yield opcode.name, argument
    except FAILURES:
        return  # cut off here, or no pickle at all


def module_data(start: bytes) -> ModuleData:
    """Scan data.pkl or constants.pkl, or its beginning.

    A weight is `BINPERSID` after ("storage", class, key, device, number of elements), and a flag is
    a name followed by its value. So remembering the last five values is enough.
    """
    memo: dict[int, Any] = {}
    recent: deque[Any] = deque(maxlen=5)
    training = False
    dtypes: set[str] = set()
    for name, argument in _opcodes(start):
        if name == "GLOBAL":
            recent.append(_Global(argument.replace(" ", ".")))
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = recent[-1] if recent else None
        elif name in ("BINGET", "LONG_BINGET"):
            recent.append(memo.get(argument))
        elif name == "NEWTRUE":
            training = training or (bool(recent) and recent[-1] == "training")
            recent.append(True)
        elif name == "BINPERSID":
            dtypes.update(_weight_dtype(tuple(recent)))
        elif name in _VALUES:
            recent.append(argument)
        elif name in _CONSTANTS:
            recent.append(_CONSTANTS[name])
    return ModuleData(training, frozenset(dtypes))


def _weight_dtype(identifier: tuple[Any, ...]) -> Iterator[str]:
    if len(identifier) == 5 and identifier[0] == "storage":
        _, storage, _, _, count = identifier
        if isinstance(storage, _Global) and isinstance(count, int) and count > 1:
            kind = storage.name.removeprefix("torch.")[:_MAX_RANK]
            yield str(OF_TORCH_STORAGE.get(kind, kind))


def traced_inputs(pickle: bytes) -> tuple[TracedTensor, ...] | None:
    """Read traced_inputs.pkl: `{"forward": [tensor, …]}`, or `[{key: tensor, …}]` for a dict.

    The result is a hint, so unknown content is None, not an error.
    """
    try:
        inputs = _plain(_followed(pickle))["forward"]
        inputs = _plain(inputs)
        named: dict[str | None, Any] = {}
        if len(inputs) == 1 and isinstance(_plain(inputs[0]), dict):
            named = _plain(inputs[0])
        if max(len(inputs), len(named)) > MAX_TENSORS:
            return None
        if named:
            return tuple(_tensor(value, key) for key, value in named.items())
        return tuple(_tensor(value, None) for value in inputs)
    except _NO_HINT:
        return None


def _plain(value: Any) -> Any:
    """Return the container inside `restore_type_tag(container, "Dict[str, Tensor]")`."""
    tag = _Global("torch.jit._pickle.restore_type_tag")
    if isinstance(value, _Call) and value.function == tag:
        return value.arguments[0]
    return value


def _tensor(value: Any, key: str | None) -> TracedTensor:
    rebuild = _Global("torch._utils._rebuild_tensor_v2")
    if not isinstance(value, _Call) or value.function != rebuild:
        raise _NotUnderstood
    storage, _, shape = value.arguments[:3]
    kind = storage.value[1].name.removeprefix("torch.")
    if not isinstance(shape, tuple) or len(shape) > _MAX_RANK or len(kind) > _MAX_RANK:
        raise _NotUnderstood
    if not all(type(size) is int and 0 <= size < 2**31 for size in shape):
        raise _NotUnderstood
    return TracedTensor(str(OF_TORCH_STORAGE.get(kind, kind)), shape, key)


_CONSTANTS = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
}
_VALUES = ("BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT")
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def _followed(pickle: bytes) -> Any:  # noqa: C901  # one branch for each opcode that torch writes
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    for name, argument in _opcodes(pickle):
        if name == "STOP":
            return stack.pop()
        if name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _VALUES:
            stack.append(argument)
        elif name == "GLOBAL":
            stack.append(_Global(argument.replace(" ", ".")))
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name == "MARK":
            stack.append(_Mark())
        elif name == "EMPTY_TUPLE":
            stack.append(())
        elif name == "EMPTY_LIST":
            stack.append([])
        elif name == "EMPTY_DICT":
            stack.append({})
        elif name == "TUPLE":
            stack.append(tuple(_since_mark(stack)))
        elif name in _TUPLES:
            size = _TUPLES[name]
            stack[-size:] = [tuple(stack[-size:])]
        elif name == "APPEND":
            item = stack.pop()
            stack[-1].append(item)
        elif name == "APPENDS":
            items = _since_mark(stack)
            stack[-1].extend(items)
        elif name == "SETITEMS":
            items = _since_mark(stack)
            if not all(isinstance(key, str) for key in items[::2]):
                raise _NotUnderstood  # hashing untrusted values could take forever
            stack[-1].update(zip(items[::2], items[1::2], strict=True))
        elif name == "BINPERSID":
            stack[-1] = _Persistent(stack[-1])
        elif name == "REDUCE":
            arguments = stack.pop()
            stack[-1] = _Call(stack[-1], arguments)
        elif name != "PROTO":
            raise _NotUnderstood
    raise _NotUnderstood


def _since_mark(stack: list[Any]) -> list[Any]:
    items: list[Any] = []
    while not isinstance(top := stack.pop(), _Mark):
        items.append(top)
    return items[::-1]
