"""The analysis of TorchScript code, with text as torch prints it. See also test_warnings.py."""

import time

import pytest

from model_packager.formats.torchscript.archive import MAX_CODE_BYTES
from model_packager.formats.torchscript.code import CodeFacts, code_facts

MODULE = """\
class M(Module):
  __buffers__ = ["c", ]
  c : Tensor
  training : bool
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
BODY
    return (self).helper(x, )
  def helper(self: __torch__.M,
    x: Tensor) -> Tensor:
    return x
  def reset(self: __torch__.M) -> NoneType:
    self.h = None
    return None
  def __setstate__(self: __torch__.M,
    state: Tensor) -> NoneType:
    self.c = state
    return None
"""


def facts(*lines: str) -> CodeFacts:
    return code_facts(MODULE.replace("BODY", "\n".join(f"    {line}" for line in lines)))


@pytest.mark.parametrize(
    ("lines", "changed"),
    [
        ([], ()),
        (["self.n = torch.add(n, 1)"], ("n",)),
        (["inner = self.inner", "inner.n = 1"], ("n",)),
        (["c = self.c", "_0 = torch.add_(c, 1)"], ("c",)),
        (["c = self.c", "_0 = torch.copy_(torch.select(c, 0, 0), x)"], ("c",)),
        (["c = self.c", "_0 = torch.slice(c, 0)", "_1 = torch.select(_0, 0, 0)",
          "_2 = torch.copy_(_1, x)"], ("c",)),
        (["cache = self.cache", "_0 = torch.append(cache, x)"], ("cache",)),
        (["c = self.c", "_0 = torch.add(c, 1)"], ()),
        (["c = self.c", "_0 = torch.relu_(torch.conv2d(x, c))"], ()),
        (["training = self.training", "if training:", "  self.n = 1", "else:", "  pass"], ()),
        (["training = self.training", "if training:", "  pass", "self.n = 1"], ("n",)),
        (["n = self.num_batches_tracked", "_0 = torch.add_(n, 1)"], ()),
        (["_0 = torch.add_(x, 1)"], ()),
    ],
)  # fmt: skip
def test_attributes_that_a_call_changes(lines: list[str], changed: tuple[str, ...]) -> None:
    assert facts(*lines).changed == changed


def test_changes_while_loading_do_not_count() -> None:
    loading = MODULE.replace("    self.c = state\n", "    _0 = (self).reset()\n")
    assert code_facts(loading.replace("BODY", "    pass")).changed == ()


def test_changes_in_an_uncalled_method_do_not_count() -> None:
    assert code_facts(MODULE.replace("BODY", "    pass")).changed == ()
    assert code_facts(MODULE.replace("BODY", "    _0 = (self).reset()")).changed == ("h",)


def test_operators_devices_and_classes() -> None:
    found = facts(
        'y = torch.zeros([1], dtype=6, device=torch.device("cuda:0"))',
        "z = torch.cuda(y)",
        'w = torch.to(z, torch.device("cpu"))',
        "b = ops.torchvision.nms(x, y, 0.5)",
        "q = ops.quantized.linear(x, y, 1., 0)",
        "p = ops.prim.NumToTensor(1)",
        "v : __torch__.torch.classes.torchtext.Vocab",
        "u : __torch__.torch.classes.quantized.LinearPackedParamsBase",
    )
    assert found.devices == ("cpu", "cuda", "cuda:0")
    assert found.foreign_operators == ("torchtext::Vocab", "torchvision::nms")


def literal_batch(source: str) -> bool:
    return code_facts(source).literal_batch


@pytest.mark.parametrize(
    ("line", "baked"),
    [
        ("a = torch.reshape(x, [1, -1])", True),
        ("a = torch.view(torch.add(x, y, alpha=1), [1, 3, 4])", True),
        ("a = torch.expand(token, [1, -1, -1])", True),
        ("a = torch.zeros([1, 5], dtype=None, layout=None)", True),
        ("a = torch.view(x, [int(_0), -1])", False),
        ("a = torch.reshape(x, [-1, 1, 4])", False),
        ("a = torch.view(w, [1])", False),
        ("a = torch.conv2d(x, w, b, [1, 1], [1, 1])", False),
        ("a = torch.view(x, [2, 3])\nb = f([1, 2])", False),
    ],
)
def test_a_literal_batch_is_seen(line: str, baked: bool) -> None:
    assert literal_batch(f"    {line}\n") is baked


@pytest.mark.parametrize(
    "repeated",
    [
        "torch.view(x",
        "torch.view(x, ",
        "torch.dropout(",
        "torch.batch_norm(x, ",
        "torch.scaled_dot_product_attention(",
        "    c = self.c\n    torch.add_(torch.select(",
        "torch.add_(",
        "    if training:\n ",
        ").f(",
        "a_",
        "    \n",
    ],
)
@pytest.mark.slow
def test_hostile_code_is_searched_in_bounded_time(repeated: str) -> None:
    start = time.process_time()
    code_facts("  def forward(x):\n    " + repeated * (MAX_CODE_BYTES // len(repeated)))
    assert time.process_time() - start < 10
