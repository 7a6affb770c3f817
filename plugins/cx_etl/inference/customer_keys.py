"""Keys of customers that stay: a key belongs to the customer with its founder, the first identity it was given for.

Where several founders have come together the oldest key in use stands, and the others come back if they part again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Memory:
    """What earlier builds left: each identity's key, and the founder of every key there was, oldest key first."""

    keys: Mapping[str, str] = field(default_factory=dict)
    founders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Assigned:
    """The key of each identity, and of every key new or handed on its founder."""

    keys: list[str]
    founders: dict[str, str]


@dataclass(frozen=True)
class Change:
    """Identities that went from one customer to another."""

    change: str
    from_key: str
    to_key: str
    identities: int


def assign(identities: Sequence[str], roots: Sequence[int], memory: Memory) -> Assigned:
    """A key for each component; ``roots`` has each identity's root, the earliest of its component."""
    held: dict[int, str] = {}
    founders: dict[str, str] = {}
    for key, founder, is_new in _present_founders(identities, memory):
        held.setdefault(roots[founder], key)
        if is_new:
            founders[key] = identities[founder]
    for member, root in enumerate(roots):
        if member == root and root not in held:
            key = _new_key(identities[root], memory)
            held[root], founders[key] = key, identities[root]
    return Assigned([held[root] for root in roots], founders)


def changes(identities: Sequence[str], keys: Sequence[str], memory: Memory) -> list[Change]:
    """What became of customers whose identities went elsewhere."""
    moved: dict[tuple[str, str], int] = defaultdict(int)
    for identity, key in zip(identities, keys, strict=True):
        before = memory.keys.get(identity, key)
        if before != key:
            moved[before, key] += 1
    if not moved:
        return []
    known, now = set(memory.keys.values()), set(keys)
    return [Change(_kind(*pair, known, now), *pair, count) for pair, count in sorted(moved.items())]


def _kind(from_key: str, to_key: str, known: set[str], now: set[str]) -> str:
    if from_key not in now:
        return "merged"
    return "moved" if to_key in known else "split"


def _present_founders(identities: Sequence[str], memory: Memory) -> Iterator[tuple[str, int, bool]]:
    """Each key with its founder, those in use before those that rest, older before newer.

    For a founder that is gone the earliest identity that had the key steps in.
    """
    if not memory.founders:
        return
    places = {identity: place for place, identity in enumerate(identities)}
    heirs: dict[str, int] = {}
    for place, identity in enumerate(identities):
        if identity in memory.keys:
            heirs.setdefault(memory.keys[identity], place)
    in_use = set(memory.keys.values())
    for key, identity in sorted(memory.founders.items(), key=lambda item: item[0] not in in_use):
        founder = places.get(identity)
        if founder is not None:
            yield key, founder, False
        elif key in heirs:
            yield key, heirs[key], True


def _new_key(founder: str, memory: Memory) -> str:
    """A key made from its founder alone; never one that was handed on to somebody else."""
    text = founder
    while (key := hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()) in memory.founders:
        text += "'"
    return key
