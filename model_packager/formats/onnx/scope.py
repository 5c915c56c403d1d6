"""The values of one ONNX graph: finds missing values, and values that ONNX Runtime refuses.

Sources: `Graph::VerifyNoDuplicateName` and `Graph::PerformTopologicalSortAndCheckIsAcyclic` in
microsoft/onnxruntime, onnxruntime/core/graph/graph.cc; `check_graph` in onnx/onnx,
onnx/checker.cc, which ONNX Runtime calls for the graphs within If, Loop and Scan. Each rule was
compared with ONNX Runtime 1.31.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class _Named(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Named)


@dataclass(slots=True)
class Node:
    """The names of the values that a node produces, and that it and its inner graphs need."""

    needs: set[str] = field(default_factory=set)
    gives: list[str] = field(default_factory=list)


@dataclass
class Scope(Generic[T]):
    """The values of one graph.

    Attributes:
        inputs: the inputs of the graph.
        outputs: the outputs of the graph.
        weights: the names of initializers and constants.
        nodes: the nodes without constants, in the file's order.
    """

    inputs: list[T] = field(default_factory=list)
    outputs: list[T] = field(default_factory=list)
    weights: set[str] = field(default_factory=set)
    nodes: list[Node] = field(default_factory=list)

    def unresolved(self) -> set[str]:
        """Return the values that an outer graph has to provide."""
        needed = {each.name for each in self.outputs}.union(*(each.needs for each in self.nodes))
        given = {name for each in self.nodes for name in each.gives}
        return needed - given - self.weights - {each.name for each in self.inputs} - {""}

    def fault(self, *, nested: bool = False) -> str | None:
        """Return why ONNX Runtime refuses the graph, without a full stop; None if it accepts it.

        Args:
            nested: whether the graph is a node's attribute, so that the order of its nodes counts.
        """
        repeated = self._repeated()
        if repeated is not None:
            return f"two parts of its graph have the same name for their result, {repeated:.120}"
        early = self._used_before_given()
        if early is None:
            return None
        circular = self._circular()
        if circular is not None:
            return f"its graph has a cycle, so the value {circular:.120} depends on itself"
        if nested:
            return (
                f"a graph within it (of If, Loop or Scan) uses the value {early:.120} before the "
                "node that returns it"
            )
        return None

    def _repeated(self) -> str | None:
        """Return a repeated name. An initializer may have an input's name, as its default value."""
        known = {each.name for each in self.inputs} | self.weights
        for node in self.nodes:
            for name in node.gives:
                if name in known:
                    return name
                if name:
                    known.add(name)
        return None

    def _circular(self) -> str | None:
        """Remove nodes whose inputs exist, until none is left or all wait for each other."""
        giver = {name: at for at, node in enumerate(self.nodes) for name in node.gives if name}
        waits = [{giver[name] for name in node.needs if name in giver} for node in self.nodes]
        followers: dict[int, list[int]] = {}
        for at, before in enumerate(waits):
            for each in before:
                followers.setdefault(each, []).append(at)
        ready = [at for at, before in enumerate(waits) if not before]
        left = set(range(len(waits))) - set(ready)
        while ready:
            done = ready.pop()
            for at in followers.get(done, ()):
                waits[at].remove(done)
                if not waits[at]:
                    ready.append(at)
                    left.remove(at)
        if not left:
            return None
        at, seen = min(left), set[int]()
        while at not in seen:  # from a node that waits for the cycle to the cycle
            seen.add(at)
            at = min(waits[at])
        return next(name for name in self.nodes[at].gives if name)

    def _used_before_given(self) -> str | None:
        later = {name for node in self.nodes for name in node.gives}
        later.discard("")
        for node in self.nodes:
            early = node.needs & later
            if early:
                return min(early)
            later.difference_update(node.gives)
        return None
