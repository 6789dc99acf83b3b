"""Merges and parents, including those that should not exist."""

from hypothesis import given
from hypothesis import strategies as st

from state.families import Families

contacts = st.sampled_from("abcdef")
relations = st.lists(st.tuples(contacts, st.none() | contacts, st.none() | contacts), max_size=8)


def test_a_chain_of_merges_ends_at_the_last_winner() -> None:
    families = Families([("a", "b", None), ("b", "c", None)])

    assert families.winner("a") == families.winner("b") == families.winner("c") == "c"


def test_a_job_of_a_merged_parent_belongs_to_the_winner() -> None:
    families = Families([("job", None, "old"), ("old", "new", None)])

    assert families.top("job") == "new"
    assert families.members("new") == {"new", "old", "job"}


def test_a_contact_without_relations_is_its_own_family() -> None:
    assert Families([]).members("a") == {"a"}


@given(relations)
def test_any_data_gives_each_contact_exactly_one_family(data: list[tuple]) -> None:
    """Loops too: a ledger's nonsense must neither hang us nor split a family."""
    data = list({row[0]: row for row in data}.values())  # ids are unique in the mirror
    families = Families(data)

    for contact in "abcdef":
        family = families.members(contact)
        assert contact in family or not any(contact in row for row in data)
        assert all(families.top(member) == families.top(contact) for member in family)
        assert families.winner(families.winner(contact)) == families.winner(contact)
    for contact, winner, parent in data:
        relative = winner or parent
        assert relative is None or families.top(relative) == families.top(contact)
