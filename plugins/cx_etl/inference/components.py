"""Which identities are one customer: connected components, with pairs that must not meet."""

from collections.abc import Iterable

Pair = tuple[int, int]


class Components:
    """Identities 0 to count-1, each a component of its own until linked. A component's root is its lowest member."""

    def __init__(self, count: int, apart: Iterable[Pair] = ()) -> None:
        self._parents = list(range(count))
        self._rivals: dict[int, set[int]] = {}
        for one, other in apart:
            self._rivals.setdefault(one, set()).add(other)
            self._rivals.setdefault(other, set()).add(one)

    def root(self, member: int) -> int:
        parents = self._parents
        while parents[member] != member:
            parents[member] = parents[parents[member]]
            member = parents[member]
        return member

    def link(self, one: int, other: int) -> bool:
        """Make them one component. False if that would bring a pair together that must stay apart."""
        low, high = sorted((self.root(one), self.root(other)))
        if low == high:
            return True
        if self._rivals and not self._merge_rivals(low, high):
            return False
        self._parents[high] = low
        return True

    def roots(self) -> list[int]:
        """The root of each identity."""
        # A parent is never above its member, so in this order it has its root already.
        roots = self._parents
        for member, parent in enumerate(roots):
            roots[member] = roots[parent]
        return list(roots)

    def _merge_rivals(self, low: int, high: int) -> bool:
        if high in self._rivals.get(low, ()):
            return False
        for rival in self._rivals.pop(high, ()):
            self._rivals[rival].discard(high)
            self._rivals[rival].add(low)
            self._rivals.setdefault(low, set()).add(rival)
        return True
