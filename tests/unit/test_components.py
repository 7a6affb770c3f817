"""Components against an obvious version that merges sets."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cx_etl.inference.components import Components, Pair

COUNT = 12
PAIRS = st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1))
LINKS = st.lists(PAIRS, max_size=25)
APART = st.lists(PAIRS.filter(lambda pair: pair[0] != pair[1]), max_size=4)


def obvious(count: int, links: list[Pair], apart: list[Pair] = ()) -> list[int]:
    """Sets that are merged one link after the other, unless a pair that must stay apart would be in one of them."""
    groups = [{member} for member in range(count)]
    for one, other in links:
        mine = next(group for group in groups if one in group)
        theirs = next(group for group in groups if other in group)
        merged = mine | theirs
        if mine is not theirs and not any(a in merged and b in merged for a, b in apart):
            groups = [group for group in groups if group is not mine and group is not theirs] + [merged]
    return [min(next(group for group in groups if member in group)) for member in range(count)]


def linked(count: int, links: list[Pair], apart: list[Pair] = ()) -> list[int]:
    components = Components(count, apart)
    for one, other in links:
        components.link(one, other)
    return components.roots()


@settings(deadline=None)
@given(LINKS)
def test_components_are_those_of_merged_sets(links: list[Pair]) -> None:
    assert linked(COUNT, links) == obvious(COUNT, links)


@settings(deadline=None)
@given(LINKS, st.randoms())
def test_neither_order_nor_direction_of_links_matters(links: list[Pair], rng: object) -> None:
    other = [(b, a) if rng.random() < 0.5 else (a, b) for a, b in links]
    rng.shuffle(other)
    assert linked(COUNT, other) == linked(COUNT, links)


@settings(deadline=None)
@given(LINKS, APART)
def test_pairs_that_must_stay_apart_do(links: list[Pair], apart: list[Pair]) -> None:
    roots = linked(COUNT, links, apart)
    assert roots == obvious(COUNT, links, apart)
    assert all(roots[one] != roots[other] for one, other in apart)


def test_a_link_that_is_refused_says_so() -> None:
    components = Components(3, [(0, 2)])
    assert components.link(0, 1)
    assert not components.link(1, 2)
    assert components.link(1, 0)
    assert components.roots() == [0, 0, 2]


def test_a_long_chain_is_one_component() -> None:
    count = 100_000
    assert set(linked(count, [(i, i + 1) for i in reversed(range(count - 1))])) == {0}
