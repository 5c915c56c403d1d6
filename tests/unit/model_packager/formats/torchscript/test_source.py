import sys

import pytest

from model_packager.formats.torchscript.source import (
    MAX_RESULTS,
    Argument,
    Forward,
    SourceUnreadable,
    class_body,
    function_text,
    is_named_tuple,
    named_tuple_types,
    read_forward,
    type_arguments,
)

SOURCE = """\
class First(Module):
  training : bool
  __annotations__["0"] = __torch__.torch.nn.modules.linear.Linear
  def helper(self: __torch__.First,
    x: Tensor) -> int:
    return 1
  def forward(self: __torch__.First,
    x: Tensor,
    y: Dict[str, Tensor],
    text: str="class Second(:\\n) -> Tensor:",
    *,
    z: Optional[List[int]]=None) -> __torch__.___torch_mangle_7.Pair:
    x0, y0, = (self).helper(x, )
    return x0
class Second(Module):
  def predict(self: __torch__.Second) -> Tensor:
    return 1
class Pair(NamedTuple):
  left : Tensor
  right : Optional[Tensor]
"""


def test_forward_is_read_from_torchs_own_text() -> None:
    body = class_body(SOURCE, "First")
    assert body is not None
    assert read_forward(body) == Forward(
        (
            Argument("x", "Tensor"),
            Argument("y", "Dict[str, Tensor]"),
            Argument("text", "str"),
            Argument("z", "Optional[List[int]]"),
        ),
        "__torch__.___torch_mangle_7.Pair",
    )


def test_a_class_without_forward_does_not_take_that_of_another_class() -> None:
    body = class_body(SOURCE.replace("class First", "class Zeroth"), "Second")
    assert body is not None
    assert read_forward(body) is None
    assert class_body(SOURCE, "Third") is None
    assert class_body(SOURCE, "Firs") is None


def test_function_ends_at_the_next_definition() -> None:
    source = "def first(x: Tensor) -> Tensor:\n  return x\ndef second() -> int:\n  return 1\n"
    assert function_text(source, "first") == source[: source.index("def second")]
    assert function_text(source, "second") == source[source.index("def second") :]
    assert function_text(source, "third") is None
    assert function_text(source + "class Third(Module):\n", "second") == function_text(
        source, "second"
    )


def test_argument_without_a_type_is_a_tensor() -> None:
    assert read_forward("  def forward(self: X,\n    x) -> Tensor:\n") == Forward(
        (Argument("x", "Tensor"),), "Tensor"
    )


def test_number_of_results_is_limited() -> None:
    field = "  field : Tensor\n"
    assert len(named_tuple_types(field * MAX_RESULTS)) == MAX_RESULTS
    with pytest.raises(SourceUnreadable, match="more than 1,024 results"):
        named_tuple_types(field * (MAX_RESULTS + 1))


def test_named_tuples() -> None:
    body = class_body(SOURCE, "Pair")
    assert body is not None
    assert is_named_tuple(body)
    assert named_tuple_types(body) == ("Tensor", "Optional[Tensor]")


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("Tuple[Tensor, Tensor]", ("Tensor", "Tensor")),
        ("Tuple[Dict[str, Tensor], int]", ("Dict[str, Tensor]", "int")),
        ("List[Tensor]", ("Tensor",)),
        ("Tuple[()]", ()),
        ("Tensor", None),
        ("Tuple[", None),
        ("Tuple[Tensor]\nint", None),
        ("x = Tuple[Tensor]", None),
        ("-" * 100_000, None),
    ],
)
def test_type_arguments(text: str, arguments: tuple[str, ...] | None) -> None:
    assert type_arguments(text) == arguments


@pytest.mark.parametrize(
    "body",
    [
        "  def forward(self: X,\n    x: Tensor",
        "  def forward(self: X,\n    x: (((Tensor) -> Tensor:\n",
        "  def forward() -> Tensor:\n",
        "  def forward(self: X, *x) -> Tensor:\n",
        "  def forward(self: X, **x) -> Tensor:\n",
        "  def forward(self: X): pass # ) -> Tensor:\n",
        "  def forward(self: X) -> int: pass\ndef more(x) -> int:\n",
        "  def forward(self: X, x: " + "-" * 60_000 + "1) -> Tensor:\n",
        "  def forward(self: X, x: " + "[" * 60_000 + ") -> Tensor:\n",
        "  def forward(self: X, x: \0) -> Tensor:\n",
        "  def forward(self: X, x: a" + ".a" * 900 + ") -> Tensor:\n",
        "  def forward(self: X, x: " + "-" * 500 + "1) -> Tensor:\n",
    ],
)
def test_unreadable_signatures_are_rejected(body: str) -> None:
    with pytest.raises(SourceUnreadable):
        read_forward(body)


def test_depth_is_limited_whatever_the_recursion_limit_is() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        with pytest.raises(SourceUnreadable, match="nested too deep"):
            read_forward("  def forward(self: X, x: a" + ".a" * 900 + ") -> Tensor:\n")
    finally:
        sys.setrecursionlimit(limit)
