"""Opening a file: created, migrated once, recognised, or refused with words."""

import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from fixed_key import FixedKey
from unit.state.examples import AT, TODAY, an_invoice

from state.database import immediate, open_database
from state.errors import (
    DamagedFile,
    DiskFull,
    FileBusy,
    NewerFile,
    NotADunFile,
    StateError,
    explained,
)
from state.migrations import TENANT_FILE
from state.model import ContactId, InvoiceId, PaymentId, TenantSlug
from state.registry import Registry
from state.store import TenantStore
from state.vault import Vault


def applied(path: Path) -> list[tuple]:
    with closing(sqlite3.connect(path)) as shell:
        return shell.execute("SELECT id, name, applied_at FROM _sqlite_migrations ORDER BY id").fetchall()


def test_a_new_file_is_made_with_its_folders_and_for_the_owner_alone(path: Path) -> None:
    with TenantStore.open(path) as store:
        store.check()
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_opening_again_runs_no_migration_twice(path: Path) -> None:
    with TenantStore.open(path) as store:
        store.mirror.save_invoices([an_invoice()])
    before = applied(path)

    with TenantStore.open(path) as store:
        assert store.mirror.invoice(an_invoice().id) == an_invoice()

    assert applied(path) == before
    assert [name for _, name, _ in before] == [step.__name__ for step in TENANT_FILE.steps]


def test_an_older_file_is_brought_up_to_date(path: Path) -> None:
    older = type(TENANT_FILE)(TENANT_FILE.name, TENANT_FILE.application_id, TENANT_FILE.steps[:1])
    open_database(path, older).close()

    with TenantStore.open(path) as store:
        assert store.reminders.planned() == []

    assert len(applied(path)) == len(TENANT_FILE.steps)


def test_a_failed_migration_leaves_the_file_as_it_was(path: Path) -> None:
    def m002_fails(database: object) -> None:
        database.conn.execute("CREATE TABLE half (x)")
        database.conn.execute("nonsense")

    broken = type(TENANT_FILE)(TENANT_FILE.name, TENANT_FILE.application_id, (*TENANT_FILE.steps[:1], m002_fails))
    with pytest.raises(StateError, match="nonsense"):
        open_database(path, broken)

    with TenantStore.open(path) as store:
        store.check()
    assert "m002_fails" not in {name for _, name, _ in applied(path)}


def test_many_may_open_a_new_file_at_once(path: Path) -> None:
    start, errors = threading.Barrier(6), []

    def open_it() -> None:
        start.wait()
        try:
            TenantStore.open(path).close()
        except StateError as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert len(applied(path)) == len(TENANT_FILE.steps)


def test_a_file_from_the_future_is_left_alone(path: Path) -> None:
    TenantStore.open(path).close()
    with closing(sqlite3.connect(path)) as shell:
        shell.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('dun', 'm999_x', 'x')")
        shell.commit()

    with pytest.raises(NewerFile, match=r"dun\.db: .*update Dun"):
        TenantStore.open(path)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "photos.db"
    with closing(sqlite3.connect(path)) as shell:
        shell.execute("CREATE TABLE photo (id)")
    before = path.read_bytes()

    with pytest.raises(NotADunFile, match="nothing was changed"):
        TenantStore.open(path)

    assert path.read_bytes() == before


def test_the_registry_is_not_a_tenant(tmp_path: Path) -> None:
    Registry.open(tmp_path / "registry.db").close()

    with pytest.raises(NotADunFile, match="not a tenant's file"):
        TenantStore.open(tmp_path / "registry.db")


def test_what_is_no_database_at_all_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear customer, " * 500)

    with pytest.raises(NotADunFile, match=r"letter\.txt"):
        TenantStore.open(path)

    assert path.read_text().startswith("Dear customer")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")

    with pytest.raises(StateError, match="cannot be created"):
        TenantStore.open(tmp_path / "data" / "dun.db")


def test_damage_is_found(path: Path) -> None:
    with TenantStore.open(path) as store:
        store.mirror.save_invoices([an_invoice(str(number)) for number in range(3000)])
    content = bytearray(path.read_bytes())
    for page in range(20, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)

    with pytest.raises(DamagedFile, match="restore the last backup"), TenantStore.open(path) as store:
        store.check()


READS: dict[str, Callable[[TenantStore], object]] = {
    "quarantined": lambda store: store.mirror.quarantined(),
    "organisation": lambda store: store.mirror.organisation(),
    "cursor": lambda store: store.mirror.cursor("changes"),
    "pulled_at": lambda store: store.mirror.pulled_at("changes"),
    "last_pulled_at": lambda store: store.mirror.last_pulled_at(),
    "compared_at": lambda store: store.mirror.compared_at(),
    "invoice": lambda store: store.mirror.invoice(InvoiceId("inv-1")),
    "find_invoice": lambda store: store.mirror.find_invoice("inv-1"),
    "find_contact": lambda store: store.mirror.find_contact("acme"),
    "pay_url": lambda store: store.mirror.pay_url(InvoiceId("inv-1")),
    "open_invoice_ids": lambda store: store.mirror.open_invoice_ids(),
    "count_open": lambda store: store.mirror.count_open(),
    "contact": lambda store: store.mirror.contact(ContactId("customer")),
    "payment": lambda store: store.mirror.payment(PaymentId("pay-1")),
    "open_credits": lambda store: store.mirror.open_credits(ContactId("customer")),
    "known_credit_ids": lambda store: store.mirror.known_credit_ids(),
    "family": lambda store: store.mirror.family(ContactId("customer")),
    "accounts": lambda store: store.receivables.accounts(TODAY),
    "holds": lambda store: store.holds.active(TODAY),
    "decision": lambda store: store.decisions.for_invoice(InvoiceId("inv-1")),
    "decisions": lambda store: store.decisions.current(),
    "cycles": lambda store: store.cycles.last(3),
}


def damage(path: Path) -> Path:
    """Leave a file that opens, but of which no table of ours can be read."""
    with closing(sqlite3.connect(path)) as shell:
        roots = shell.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0 AND tbl_name NOT LIKE '%sqlite%'")
        pages = [page for (page,) in roots]
    content = bytearray(path.read_bytes())
    for page in pages:
        content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_damage_met_while_reading_is_told_in_our_words(path: Path, read: Callable[[TenantStore], object]) -> None:
    TenantStore.open(path).close()

    with TenantStore.open(damage(path)) as store, pytest.raises(DamagedFile, match="restore the last backup"):
        read(store)


def test_damage_to_the_registry_is_told_in_our_words(tmp_path: Path) -> None:
    Registry.open(tmp_path / "registry.db").close()
    slug = TenantSlug("acme")

    with Registry.open(damage(tmp_path / "registry.db")) as registry:
        for read in (registry.tenants, lambda: registry.tenant(slug), lambda: Vault(registry, FixedKey()).load(slug)):
            with pytest.raises(DamagedFile):
                read()


def test_a_full_disk_keeps_what_was_there(store: TenantStore) -> None:
    connection = store._connection
    store.mirror.save_invoices([an_invoice("before")])
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")

    with pytest.raises(DiskFull, match="Nothing of this step was kept"):
        store.mirror.save_invoices([an_invoice(f"{number}") for number in range(1000)])

    connection.execute("PRAGMA max_page_count = 1000000")
    assert store.mirror.open_invoice_ids() == {"before"}
    store.mirror.save_invoices([an_invoice("after")])
    store.check()


def test_another_writer_is_waited_for_and_then_named(
    store: TenantStore, path: Path, sql: Callable[..., list[tuple]]
) -> None:
    store._connection.execute("PRAGMA busy_timeout = 1")
    sql("BEGIN IMMEDIATE")

    with pytest.raises(FileBusy, match="Another process"):
        store.mirror.save_invoices([an_invoice()])

    sql("ROLLBACK")
    assert store.mirror.save_invoices([an_invoice()]) == 1


def test_readers_do_not_wait_for_a_writer(store: TenantStore, sql: Callable[..., list[tuple]]) -> None:
    store.mirror.save_invoices([an_invoice()])

    with store.transaction():
        store.mirror.save_invoices([an_invoice(due_minor=1)])
        assert sql("SELECT due_minor FROM invoice") == [(600_00,)]

    assert sql("SELECT due_minor FROM invoice") == [(1,)]


def test_a_transaction_inside_a_transaction_is_part_of_it(store: TenantStore) -> None:
    def give_up() -> None:
        with store.transaction():
            with store.transaction():
                store.mirror.save_invoices([an_invoice()])
            raise RuntimeError("too late")

    with pytest.raises(RuntimeError):
        give_up()
    assert store.mirror.count_open() == 0


def test_commits_reach_the_disk(store: TenantStore) -> None:
    def pragma(name: str) -> object:
        return store._connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert (pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys")) == ("wal", 2, 1)


def test_a_mistake_of_ours_is_not_dressed_up_as_trouble_with_the_file(store: TenantStore) -> None:
    with pytest.raises(sqlite3.ProgrammingError), immediate(store._connection) as connection:
        connection.execute("SELECT ?", ())


def test_money_can_only_be_stored_as_whole_minor_units(store: TenantStore) -> None:
    with pytest.raises(StateError, match="refuses this row"):
        store.mirror.save_invoices([an_invoice(due_minor=10.5)])

    assert store.mirror.count_open() == 0


def test_an_unfamiliar_error_still_speaks() -> None:
    assert str(explained(sqlite3.OperationalError("odd"))) == "The database failed: odd."


def test_every_table_is_strict(sql: Callable[..., list[tuple]]) -> None:
    lenient = sql("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict")

    assert {name for (name,) in lenient} <= {"_sqlite_migrations", "sqlite_schema"}


def test_two_stores_see_each_others_work(store: TenantStore, path: Path) -> None:
    with TenantStore.open(path) as other:
        other.holds.place("tenant", "*", "manual", None, None, AT)

    assert len(store.holds.active(AT.date())) == 1
