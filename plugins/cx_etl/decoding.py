"""Decoding: one raw record against its contract, strictly, with a count of the fields that the contract lacks.

The contract as written is what people read; what decodes is derived from it. Derived structs refuse numbers that no
bigint holds, stay out of the garbage collector's way (decoded JSON has no cycles), and refuse undeclared fields: the
first record that has one teaches its name, so that from then on presence is one attribute, not a second decoding.
"""

import types
import typing
from collections import Counter
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, UnsetType

# Records with keys of their own making teach no more names than this; their fields are counted the slow way.
MOST_LEARNED = 300
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw])


class ContractDecoder:
    """Decodes records of one contract. ``undeclared`` counts, by field, the records noted that had it."""

    def __init__(self, contract: type[msgspec.Struct]) -> None:
        self._contract = strict(contract)
        self._declared = {field.encode_name for field in msgspec.structs.fields(contract)}
        self._learned: list[str] = []
        self._counts: Counter[str] = Counter()
        self._whole = 0
        self._prepare()

    def decode(self, raw: msgspec.Raw) -> Any:
        """The record. Raises msgspec.DecodeError saying where it breaks the contract."""
        try:
            return self._decode(raw)
        except msgspec.ValidationError:
            if not self._learn(raw):
                raise
        return self.decode(raw)

    def note(self, record: Any, raw: msgspec.Raw) -> None:
        """Count the record's undeclared fields."""
        if self._is_open:
            self._counts.update(name for name in _keys.decode(raw) if name not in self._declared)
        elif UNSET not in (present := self._present(record)):
            self._whole += 1
        else:
            found = zip(self._learned, present, strict=False)
            self._counts.update(name for name, value in found if value is not UNSET)

    @property
    def undeclared(self) -> Counter[str]:
        counts = self._counts.copy()
        counts.update(dict.fromkeys(self._learned, self._whole) if self._whole else {})
        return counts

    def _learn(self, raw: msgspec.Raw) -> bool:
        """Whether the record had undeclared fields that were not known; they are from now on."""
        try:
            names = _keys.decode(raw)
        except msgspec.DecodeError:
            return False
        new = [name for name in names if name not in self._declared and name not in self._learned]
        if not new or self._is_open:
            return False
        self._counts, self._whole = self.undeclared, 0
        self._learned += new
        self._prepare()
        return True

    def _prepare(self) -> None:
        """A decoder that knows the learned fields and refuses others, or, past the limit, lets all pass."""
        self._is_open = len(self._learned) > MOST_LEARNED
        if self._is_open:
            self._decode = msgspec.json.Decoder(self._contract).decode
            return
        attributes = [f"undeclared_{number}" for number in range(len(self._learned))]
        fields = [
            (attribute, msgspec.Raw | UnsetType, msgspec.field(name=name, default=UNSET))
            for attribute, name in zip(attributes, self._learned, strict=True)
        ]
        struct = msgspec.defstruct(
            self._contract.__name__, fields, bases=(self._contract,), forbid_unknown_fields=True, gc=False
        )
        self._decode = msgspec.json.Decoder(struct).decode
        # One name more than there are, because attrgetter gives a tuple for two and more only.
        self._present = attrgetter(*attributes, attributes[0]) if attributes else lambda record: ()


@cache
def strict(contract: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The contract with integers bounded to what a bigint holds, at every depth."""
    hints = typing.get_type_hints(contract, include_extras=True)
    changed = []
    for field in msgspec.structs.fields(contract):
        kind = _bounded(hints[field.name])
        if kind != hints[field.name]:
            default: Any = msgspec.field(name=field.encode_name)
            if not field.required:
                given = {"default": field.default, "default_factory": field.default_factory}
                given = {key: value for key, value in given.items() if value is not msgspec.NODEFAULT}
                default = msgspec.field(name=field.encode_name, **given)
            changed.append((field.name, kind, default))
    return msgspec.defstruct(contract.__name__, changed, bases=(contract,), kw_only=True, gc=False)


def _bounded(kind: Any) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if kind is int:
        return Annotated[int, Meta(ge=_SMALLEST, le=_LARGEST)]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return strict(kind)
    if origin is list:
        return list[_bounded(parts[0])]  # type: ignore[misc]
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(map(_bounded, parts))]  # noqa: UP007 - made from parts
    return kind
