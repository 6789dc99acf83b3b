"""The search box finds what a bookkeeper types, whatever else was typed with it, and nobody who was erased."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.state.examples import AT, LATER, a_contact, an_invoice, sent

from state.accents import unaccented
from state.model import ContactId, InvoiceId
from state.money import Money
from state.search import Hit
from state.search_tables import SEARCH, SEARCH_WITHOUT_ACCENTS
from state.store import TenantStore


def names(hits: list[Hit]) -> list[str]:
    return [hit.name for hit in hits]


@pytest.fixture(autouse=True)
def books(store: TenantStore) -> None:
    store.mirror.save_contacts(
        [
            a_contact("customer", name="Blue Harbour Ltd", email="accounts@harbour.example"),
            a_contact("second", name="BQ", email=None, cc=("jo@second.example",)),
        ]
    )
    store.mirror.save_invoices(
        [
            an_invoice("a", number="INV-1041", reference="PO 7781/B"),
            an_invoice("b", number="INV-104"),
            an_invoice("c", number="INV-21041"),
            an_invoice("d", number=None),
            an_invoice("e", number="17"),
        ]
    )


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("INV-1041", ["INV-1041"]),
        ("inv-1041", ["INV-1041"]),
        ("  1041 ", ["INV-21041", "INV-1041"]),
        ("INV-104", ["INV-104", "INV-1041"]),
        ("7781/B", ["INV-1041"]),
        ("po 7781", ["INV-1041"]),
        ("harbour blue", ["Blue Harbour Ltd"]),
        ("@harbour", ["Blue Harbour Ltd"]),
        ("jo@second", ["BQ"]),
        ("bq", ["BQ"]),
        ("17", ["17"]),
        ("INV-9", []),
        ("", []),
        ("   ", []),
    ],
)
def test_it_finds_what_has_been_typed(store: TenantStore, typed: str, found: list[str]) -> None:
    assert names(store.search.find(typed)) == found


@pytest.mark.parametrize(
    "typed", ["muller", "Müller", "MÜLLER", "mu\N{COMBINING DIAERESIS}ller", "sohne", "mull sohn", "üll"]
)
def test_accents_count_for_nothing(store: TenantStore, typed: str) -> None:
    store.mirror.save_contacts(
        [a_contact("accented", name="Müller & Söhne"), a_contact("plain", name="Muller & Sohne")]
    )

    assert sorted(names(store.search.find(typed))) == ["Muller & Sohne", "Müller & Söhne"]


def test_ids_are_found_however_their_accents_are_typed(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact("accented", name="Müller & Söhne")])
    store.search.catch_up()

    assert store.search.ids("muller", 5) == store.search.ids("Müller", 5) == (["accented"], [])


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Łódź Sp. z o.o.", "lodz"),
        ("Ørsted A/S", "orsted"),
        ("Weißbier KG", "weissbier"),
        ("Citroën Père", "citroen pere"),
        ("株式会社テスト", "会社テ"),
        ("Ελληνική", "ελληνικη"),
    ],
)
def test_letters_of_any_language_are_found_as_a_keyboard_has_them(store: TenantStore, name: str, typed: str) -> None:
    store.mirror.save_contacts([a_contact("foreign", name=name)])

    assert names(store.search.find(typed)) == names(store.search.find(name)) == [name]


@given(before=st.text(max_size=9), part=st.text(max_size=9), behind=st.text(max_size=9))
def test_a_part_without_accents_is_part_of_the_whole_without_them(before: str, part: str, behind: str) -> None:
    assert unaccented(part) in unaccented(before + part + behind)


def test_a_hit_says_what_is_due_and_whose_it_is(store: TenantStore) -> None:
    [hit] = store.search.find("INV-1041")

    assert (hit.kind, hit.id, hit.customer, hit.due) == ("invoice", "a", "Blue Harbour Ltd", Money(600_00, "GBP"))


@pytest.mark.parametrize("around", ["dun:{}", "[dun:{}]", " dun:{}. "])
def test_a_message_is_found_by_its_reference_and_by_that_of_the_ledgers_note(store: TenantStore, around: str) -> None:
    reminder = sent(store, "a", "d7a1f00d2b3c4d5e")

    for reference in ("d7a1f00d2b3c4d5e", "d7a1", reminder):
        [hit] = store.search.find(around.format(reference))

        assert (hit.kind, hit.id, hit.customer) == ("message", "d7a1f00d2b3c4d5e", "Blue Harbour Ltd")
    assert store.search.find("dun:0000") == []


def test_a_document_named_anew_is_found_by_its_new_name_only(store: TenantStore) -> None:
    store.search.find("anything")
    store.mirror.save_invoices([an_invoice("a", number="RE-5", version="2", updated_at=LATER)])
    store.mirror.save_contacts([a_contact("customer", name="Red Quay Ltd", version="2", updated_at=LATER)])

    assert names(store.search.find("INV-1041")) == []
    assert names(store.search.find("Blue Harbour")) == []
    assert names(store.search.find("RE-5")) == ["RE-5"]
    assert names(store.search.find("red quay")) == ["Red Quay Ltd"]


def test_a_change_that_nobody_searches_for_enters_nothing(store: TenantStore) -> None:
    store.search.catch_up()
    store.mirror.save_invoices([an_invoice("b", number="INV-104", due_minor=1, version="2", updated_at=LATER)])

    assert store.search.catch_up() == 0
    assert [hit.due for hit in store.search.find("INV-104", 1)] == [Money(1, "GBP")]


def test_a_flood_of_text_is_cut_short(store: TenantStore) -> None:
    assert store.search.find("-" * 1_000_000) == []


def test_no_more_is_told_than_was_asked_for(store: TenantStore) -> None:
    assert len(store.search.find("INV", limit=2)) == 2


def test_what_was_in_the_file_before_there_was_an_index_is_found(
    store: TenantStore, sql: Callable[..., list[tuple]]
) -> None:
    sql("DELETE FROM search_queue")
    for statement in SEARCH[-2:]:
        sql(statement)

    assert names(store.search.find("INV-104", 1)) == ["INV-104"]


def test_what_was_indexed_with_its_accents_is_found_without_them(
    store: TenantStore, sql: Callable[..., list[tuple]]
) -> None:
    store.mirror.save_contacts([a_contact("accented", name="Müller & Söhne")])
    for table in ("contact", "invoice"):
        sql(f"DROP TABLE {table}_index")
        sql(f"CREATE VIRTUAL TABLE {table}_index USING fts5 (key UNINDEXED, words, tokenize = 'trigram')")
    sql("DELETE FROM search_queue")
    for statement in SEARCH_WITHOUT_ACCENTS:
        sql(statement)

    assert names(store.search.find("muller")) == ["Müller & Söhne"]
    assert names(store.search.find("INV-104", 1)) == ["INV-104"]


def test_an_erased_person_is_in_no_entry(store: TenantStore, sql: Callable[..., list[tuple]]) -> None:
    store.search.catch_up()
    store.forgetting.forget(ContactId("customer"), AT)

    assert names(store.search.find("harbour")) == []
    assert names(store.search.find("7781")) == []
    assert names(store.search.find("INV-1041")) == ["INV-1041"]
    assert sql("SELECT count(*) FROM contact_index WHERE words LIKE '%harbour%'") == [(0,)]
    sql("CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, contact_index, 'row')")
    assert sql("SELECT term FROM temp.terms WHERE term IN ('blu', 'har', 'our')") == []


@given(typed=st.text(max_size=60))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_typed_is_obeyed(store: TenantStore, typed: str) -> None:
    store.search.find(typed)


@pytest.mark.parametrize("typed", ['"', "NEAR(", "INV* OR 1", 'words : "x"', "a\x00bcd", "^^^", "\ud800abc"])
def test_signs_of_a_query_are_looked_for_as_they_stand(store: TenantStore, typed: str) -> None:
    store.mirror.save_invoices([an_invoice("z", number=f"<{typed[:20]}>".replace("\x00", " ").replace("\ud800", " "))])

    assert [hit.id for hit in store.search.find(typed)] == [InvoiceId("z")] or len(typed.strip()) < 3
