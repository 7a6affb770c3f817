"""Keys that stay while identities join, are merged, part again and go; against what must hold of any history."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from cx_etl.inference.components import Components, Pair
from cx_etl.inference.customer_keys import Memory, assign, changes

# "a" was seen first, "j" last.
PEOPLE = "abcdefghij"
INDEX = st.integers(0, len(PEOPLE) - 1)
PAIRS = st.tuples(INDEX, INDEX)
LINKS = st.lists(PAIRS, max_size=8)
# What is there in a night, and how it is linked.
NIGHTS = st.lists(st.tuples(st.sets(st.sampled_from(PEOPLE)), LINKS), min_size=1, max_size=6)


@dataclass
class History:
    """Builds one after the other, as the tables remember them."""

    keys: dict[str, str] = field(default_factory=dict)
    founders: dict[str, str] = field(default_factory=dict)

    def build(self, people: Iterable[str], links: Iterable[Pair], apart: Iterable[Pair] = ()) -> list[tuple[str, str]]:
        """Keys as of this build; the changes as (change, number of identities)."""
        present = sorted(people)
        places = {PEOPLE.index(person): place for place, person in enumerate(present)}
        here = [[(places[a], places[b]) for a, b in pairs if a in places and b in places] for pairs in (links, apart)]
        components = Components(len(present), here[1])
        for one, other in here[0]:
            components.link(one, other)
        memory = Memory(dict(self.keys), dict(self.founders))
        assigned = assign(present, components.roots(), memory)
        found = changes(present, assigned.keys, memory)
        self.keys = dict(zip(present, assigned.keys, strict=True))
        self.founders.update(assigned.founders)
        return [(each.change, each.identities) for each in found]

    def groups(self) -> set[frozenset[str]]:
        return {frozenset(p for p in self.keys if self.keys[p] == key) for key in self.keys.values()}


def partition(people: Iterable[str], links: Iterable[Pair]) -> set[frozenset[str]]:
    """The obvious customers."""
    groups = [{person} for person in people]
    for a, b in links:
        touched = [group for group in groups if PEOPLE[a] in group or PEOPLE[b] in group]
        if {PEOPLE[a], PEOPLE[b]} <= set(people):
            groups = [group for group in groups if group not in touched] + [set().union(*touched)]
    return {frozenset(group) for group in groups}


@settings(deadline=None)
@given(NIGHTS)
def test_equal_keys_are_one_component_whatever_came_before(nights: list[tuple[set[str], list[Pair]]]) -> None:
    history = History()
    for people, links in nights:
        history.build(people, links)
        assert history.groups() == partition(people, links)
        assert set(history.keys.values()) <= set(history.founders)


@settings(deadline=None)
@given(NIGHTS)
def test_a_customer_that_is_not_merged_keeps_its_key(nights: list[tuple[set[str], list[Pair]]]) -> None:
    history = History()
    for people, links in nights:
        before, old_groups = dict(history.keys), history.groups()
        history.build(people, links)
        for group in old_groups:
            stayed = group & people
            now = [each for each in history.groups() if each & stayed]
            alone = len(now) == 1 and {before[p] for p in now[0] if p in before} == {before[p] for p in group}
            if alone:
                assert {history.keys[person] for person in stayed} == {before[person] for person in group}


@settings(deadline=None)
@given(st.lists(PAIRS, max_size=8), st.permutations(range(4)), st.lists(st.integers(0, 3), min_size=10, max_size=10))
def test_the_order_of_nights_does_not_matter(links: list[Pair], order: list[int], night_of: list[int]) -> None:
    """Identities come in any order of nights: in the end the customers are the same."""
    ends = []
    for nights in (range(4), order):
        history, people = History(), set()
        for night in nights:
            people |= {person for person, its in zip(PEOPLE, night_of, strict=True) if its == night}
            history.build(people, links)
        ends.append(history.groups())
    assert ends[0] == ends[1]


@settings(deadline=None)
@given(LINKS, PAIRS)
def test_a_late_link_merges_two_and_changes_no_other_key(links: list[Pair], late: Pair) -> None:
    history = History()
    history.build(PEOPLE, links)
    before = dict(history.keys)
    one, other = before[PEOPLE[late[0]]], before[PEOPLE[late[1]]]
    found = history.build(PEOPLE, [*links, late])
    changed = {person for person in PEOPLE if history.keys[person] != before[person]}
    assert all(before[person] in (one, other) for person in changed)
    assert history.keys[PEOPLE[late[0]]] == history.keys[PEOPLE[late[1]]] in (one, other)
    assert found == ([("merged", len(changed))] if one != other else [])


@settings(deadline=None)
@given(LINKS, PAIRS)
def test_undoing_a_merge_restores_exactly(links: list[Pair], late: Pair) -> None:
    history = History()
    history.build(PEOPLE, links)
    before = dict(history.keys)
    history.build(PEOPLE, [*links, late])
    # Undone by the link's end, or by a person's decision.
    apart = [late] if before[PEOPLE[late[0]]] != before[PEOPLE[late[1]]] else []
    merged = dict(history.keys)
    found = history.build(PEOPLE, [*links, late], apart)
    assert history.keys == before
    assert [kind for kind, _ in found] == (["split"] if apart else [])
    history.build(PEOPLE, [*links, late])
    assert history.keys == merged
    history.build(PEOPLE, links)
    assert history.keys == before


def test_a_key_outlives_the_identity_it_was_given_for() -> None:
    history = History()
    history.build("bc", [(1, 2)])
    key = history.keys["b"]
    assert history.build("c", []) == []
    assert history.keys == {"c": key}
    # Who comes back to nobody is somebody else by now.
    history.build("bc", [])
    assert history.keys["c"] == key != history.keys["b"]


def test_an_earlier_identity_joins_under_the_key_that_is_there() -> None:
    history = History()
    history.build("c", [])
    key = history.keys["c"]
    history.build("abc", [(0, 2)])
    assert history.keys["a"] == history.keys["c"] == key != history.keys["b"]


def test_of_merged_customers_the_key_that_was_given_first_stands() -> None:
    """Not that of the person who was seen first: that one has only been loaded late."""
    history = History()
    history.build("b", [])
    history.build("ab", [])
    key = history.keys["b"]
    assert history.build("ab", [(0, 1)]) == [("merged", 1)]
    assert set(history.keys.values()) == {key}


def test_identities_that_go_from_one_customer_to_another_are_moved() -> None:
    history = History()
    history.build("abcd", [(0, 1), (2, 3)])
    assert history.build("abcd", [(0, 1), (1, 3)]) == [("moved", 1)]


def test_building_twice_changes_nothing() -> None:
    history = History()
    history.build("abcd", [(0, 3)])
    keys, founders = dict(history.keys), dict(history.founders)
    assert history.build("abcd", [(0, 3)]) == []
    assert (history.keys, history.founders) == (keys, founders)
