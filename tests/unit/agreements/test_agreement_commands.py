"""Each agreement is one command with one row in the trail; what cannot be is refused in words, and nothing changes."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from unit.state.examples import AT, LATER, a_contact, a_credit, claimed

from connector.agreements.customers import change_preference
from connector.agreements.subject import AgreementError, AtHand
from connector.holding import Target
from state.agreed import PlanState, Preference, PromiseState
from state.model import ContactId, InvoiceId, MessageId, TenantSlug
from state.registry import Registry
from state.store import TenantStore

LONG_AGO, NEXT = "2020-01-31", f"{datetime.now(UTC).year + 5}-01-31"  # of the real clock, as the commands go by it
MANY = ["2034-01-02", "2034-02-02"]


def account(store: TenantStore, contact: str = "buyer") -> Any:
    return next(each for each in store.receivables.accounts(date(2026, 1, 1)) if each.contact_id == contact)


# -- promises ----------------------------------------------------------------------------------------------------------


def test_a_promise_is_for_all_that_is_due_unless_an_amount_is_named(office: Any, north: TenantStore) -> None:
    whole = office.data("promise", "INV-1", "--on", NEXT)["promised"]
    part = office.data("promise", "inv-2", "--on", NEXT, "--amount", "50.00", "--note", "rest in May")["promised"]

    assert [(each["amount_minor"], each["baseline_minor"]) for each in (*whole, *part)] == [
        (600_00, 600_00),
        (50_00, 200_00),
    ]
    assert [promise.note for promise in north.promises.open()] == [None, "rest in May"]
    assert office.deeds() == [("ada", "promise"), ("ada", "promise")]


def test_a_promise_is_told_with_its_amount_and_day(office: Any) -> None:
    told = office.told("promise", "INV-1", "--on", NEXT)

    assert told == f"Promised for invoice INV-1 of north: 600.00 GBP by the end of {NEXT}."


def test_a_customer_promises_all_it_owes_one_promise_per_currency(office: Any, north: TenantStore) -> None:
    office.told("promise", "--customer", "Euro SA", "--on", NEXT)

    assert {(p.currency, p.amount_minor, p.contact_id) for p in north.promises.open()} == {
        ("GBP", 600_00, "euro"),
        ("EUR", 300_00, "euro"),
    }


def test_a_customer_promises_an_amount_of_one_currency(office: Any, north: TenantStore) -> None:
    office.told("promise", "--customer", "Euro SA", "--on", NEXT, "--amount", "10", "--currency", "eur")

    [promise] = north.promises.open()
    assert (promise.currency, promise.amount_minor, promise.baseline_minor) == ("EUR", 10_00, 300_00)


def test_a_promise_can_be_taken_back_and_made_again(office: Any, north: TenantStore) -> None:
    office.told("promise", "INV-1", "--on", NEXT)
    office.told("promise", "INV-1", "--withdraw")
    office.told("promise", "INV-1", "--on", NEXT)

    assert [promise.state for promise in north.promises.open()] == [PromiseState.OPEN]
    assert office.deeds() == [("ada", "promise"), ("ada", "promise withdrawn"), ("ada", "promise")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["INV-1", "--on", LONG_AGO], "2020-01-31, which is past"),
        (["INV-1", "--on", NEXT, "--amount", "600.01"], "600.01 GBP is more than what is due on invoice INV-1"),
        (["INV-1", "--on", NEXT, "--amount", "0"], "not an amount above nothing"),
        (["INV-1", "--on", NEXT, "--amount", "-5"], "not an amount above nothing"),
        (["INV-1", "--on", "9999-01-01"], "9999-01-01, which is more than ten years away"),
        (["INV-1", "--on", NEXT, "--amount", "NaN"], "'NaN' is not an amount"),
        (["INV-1", "--on", NEXT, "--amount", "1e3"], "'1e3' is not an amount; write it like 250.00"),
        (["INV-1", "--on", NEXT, "--amount", "1_0"], "'1_0' is not an amount"),
        (["INV-1", "--on", NEXT, "--amount", "soon"], "'soon' is not an amount"),
        (["INV-1", "--on", NEXT, "--amount", "1.001"], "finer than the minor unit"),
        (["INV-1", "--on", NEXT, "--currency", "XXX"], "nothing is due in 'XXX'"),
        (["--customer", "Euro SA", "--on", NEXT, "--amount", "5"], "say which currency"),
        (["PAID", "--on", NEXT], "nothing is due on invoice PAID"),
        (["INV-9", "--on", NEXT], "dun sync"),
        (["INV-1"], "say when with --on"),
        (["INV-1", "--on", NEXT, "--withdraw"], "say when with --on"),
        (["INV-1", "--withdraw"], "no open promise"),
        (["INV-1", "--on", "Friday"], "Friday"),
    ],
)
def test_a_promise_that_cannot_be_is_refused(office: Any, arguments: list[str], words: str) -> None:
    assert words in office.refused("promise", *arguments)


def test_a_second_promise_is_refused_while_one_is_open(office: Any) -> None:
    office.told("promise", "INV-1", "--on", NEXT)

    assert f"600.00 GBP by {NEXT}; withdraw that first" in office.refused("promise", "INV-1", "--on", NEXT)


# -- disputes ----------------------------------------------------------------------------------------------------------


def test_an_invoice_is_disputed_in_part_and_settled(office: Any, north: TenantStore) -> None:
    told = office.told("dispute", "INV-1", "--reason", "broken", "--amount", "50.00", "--owner", "grace")
    assert told == "Disputed: 50.00 GBP of invoice INV-1 of north. grace sees to it."
    assert account(north).receivables[0].disputed_minor == 50_00

    office.told("dispute", "INV-1", "--settle", "credited")

    assert account(north).receivables[0].dispute is None
    assert office.deeds() == [("ada", "dispute"), ("ada", "dispute settled")]


def test_a_dispute_without_an_owner_is_yours(office: Any) -> None:
    disputed = office.data("dispute", "INV-1", "--reason", "never ordered")["disputed"]

    assert (disputed["owner"], disputed["amount_minor"]) == ("ada", None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["INV-1", "--reason", "broken", "--amount", "600.01"], "more than what is due"),
        (["PAID", "--reason", "broken"], "nothing is due"),
        (["INV-1", "--reason", " "], "it is blank; say it in words"),
        (["INV-1", "--settle", "credited"], "no open dispute"),
        (["INV-1"], "--reason"),
        (["INV-1", "--reason", "broken", "--settle", "credited"], "--reason"),
        (["INV-1", "--settle", "credited", "--amount", "5"], "alone"),
    ],
)
def test_a_dispute_that_cannot_be_is_refused(office: Any, arguments: list[str], words: str) -> None:
    assert words in office.refused("dispute", *arguments)


def test_a_second_dispute_is_refused(office: Any) -> None:
    office.told("dispute", "INV-1", "--reason", "broken")

    assert "disputed already" in office.refused("dispute", "INV-1", "--reason", "late")


# -- holds and deferrals -----------------------------------------------------------------------------------------------


def test_a_deferral_is_a_hold_that_ends_by_itself(office: Any, north: TenantStore) -> None:
    office.told("defer", "--customer", "Buyer plc", "--until", NEXT, "--reason", "flood in the warehouse")

    [hold] = north.holds.active(date(2026, 1, 1))
    assert (hold.reason, hold.until, hold.note, hold.owner, hold.target) == (
        "deferral",
        date.fromisoformat(NEXT),
        "flood in the warehouse",
        "ada",
        "buyer",
    )
    assert office.deeds() == [("ada", "hold")]


def test_a_deferral_into_the_past_is_refused(office: Any) -> None:
    assert "ended on 2020-01-31 already" in office.refused("defer", "INV-1", "--until", LONG_AGO, "--reason", "flood")


@pytest.mark.parametrize(
    "arguments",
    [
        ["promise", "INV-1", "--on", "2199-03-10"],
        ["defer", "INV-1", "--until", "2199-03-10", "--reason", "flood"],
        ["hold", "INV-1", "--until", "2199-03-10"],
        ["plan", "make", "Buyer plc", "--instalments", "2", "--first", "2199-03-10"],
        ["discount", "INV-1", "--percent", "2", "--until", "2199-03-10"],
    ],
)
def test_a_day_that_nobody_can_mean_is_refused(office: Any, arguments: list[str]) -> None:
    assert "2199-03-10, which is more than ten years away" in office.refused(*arguments)


def test_a_hold_names_its_owner_and_a_release_who_did_it(office: Any, north: TenantStore) -> None:
    assert "grace sees to it" in office.told("hold", "INV-1", "--owner", "grace")
    assert "ada sees to it" in office.told("hold", "INV-2")
    office.told("release", "INV-1")
    office.told("release", "INV-1")

    assert [hold.owner for hold in north.holds.active(date(2026, 1, 1))] == ["ada"]
    assert office.deeds() == [("ada", "hold"), ("ada", "hold"), ("ada", "release")]


@pytest.mark.parametrize(
    "arguments",
    [
        ["hold", "INV-1", "--owner"],
        ["defer", "INV-1", "--until", NEXT, "--reason", "flood", "--owner"],
        ["dispute", "INV-1", "--reason", "broken", "--owner"],
        ["customer", "Buyer plc", "--owner"],
        ["holds", "--owner"],
        ["tasks", "--owner"],
        ["handover", "INV-1", "--to"],
    ],
)
@pytest.mark.parametrize("nobody", ["", "  ", "\u200b\u00a0"])
def test_a_name_of_nothing_but_space_is_refused(office: Any, arguments: list[str], nobody: str) -> None:
    assert "it is blank; name somebody" in office.refused(*arguments, nobody)


@pytest.mark.parametrize(
    "arguments",
    [
        ["hold", "INV-1", "--note"],
        ["defer", "INV-1", "--until", NEXT, "--reason"],
        ["dispute", "INV-1", "--settle"],
        ["promise", "INV-1", "--on", NEXT, "--note"],
        ["customer", "Buyer plc", "--do-not-chase"],
        ["approve", "--skip", "INV-1", "--reason"],
        ["write-off", "propose", "INV-1", "--reason"],
        ["write-off", "refuse", "INV-1", "--reason"],
        ["tasks", "done", "7QK2M4ZB6R3T", "--outcome", "spoke", "--note"],
    ],
)
def test_a_reason_of_nothing_but_space_is_refused(office: Any, arguments: list[str]) -> None:
    assert "it is blank; say it in words" in office.refused(*arguments, " \n")


def test_a_name_is_kept_without_the_space_around_it(office: Any, north: TenantStore) -> None:
    office.told("hold", "INV-1", "--owner", " grace ")

    assert [hold.owner for hold in north.holds.active(date(2026, 1, 1))] == ["grace"]


# -- what an agency has ------------------------------------------------------------------------------------------------


@pytest.fixture
def handed_over(north: TenantStore) -> None:
    """Invoice INV-1."""
    with north.transaction():
        north.handovers.record([InvoiceId("inv-1")], "Agency", "0" * 64, "ada", AT)
        north.holds.place("invoice", "inv-1", "handed_over", None, None, AT, "Agency")


@pytest.mark.usefixtures("handed_over")
@pytest.mark.parametrize(
    ("arguments", "instead"),
    [
        (["promise", "INV-1", "--on", NEXT], ""),
        (["promise", "--customer", "Buyer plc", "--on", NEXT], ", or leave it out"),
        (["plan", "make", "Buyer plc", "--instalments", "2", "--first", NEXT], ", or leave it out"),
        (["defer", "INV-1", "--until", NEXT, "--reason", "flood"], ""),
        (["hold", "INV-1", "--reason", "promise"], ""),
        (["discount", "INV-1", "--percent", "2", "--until", NEXT], ""),
        (["write-off", "propose", "INV-1", "--reason", "insolvent"], ""),
    ],
)
def test_what_an_agency_has_is_not_agreed_about(office: Any, arguments: list[str], instead: str) -> None:
    told = office.refused(*arguments)

    assert told == f"Error: invoice INV-1 of north is with Agency; take it back first: dun handover --return{instead}"


@pytest.mark.usefixtures("handed_over")
def test_the_customers_other_invoices_are_agreed_about(office: Any) -> None:
    office.told("plan", "make", "Buyer plc", "--invoices", "INV-2", "--instalments", "2", "--first", NEXT)
    office.told("defer", "--customer", "Buyer plc", "--until", NEXT, "--reason", "flood")


@pytest.mark.usefixtures("handed_over")
def test_a_dispute_about_what_an_agency_has_is_taken_down_and_they_are_to_be_told(office: Any) -> None:
    told = office.told("dispute", "INV-1", "--reason", "broken")

    assert told == "Disputed: invoice INV-1 of north. ada sees to it. It is with Agency: tell them."


# -- plans -------------------------------------------------------------------------------------------------------------


def test_a_plan_of_equal_parts_sums_to_what_the_customer_owes(office: Any, north: TenantStore) -> None:
    office.told("plan", "make", "Buyer plc", "--instalments", "3", "--first", "2034-01-31")

    [plan] = north.plans.active()
    assert [(part.due_on.isoformat(), part.amount_minor) for part in plan.instalments] == [
        ("2034-01-31", 266_66),
        ("2034-02-28", 266_66),
        ("2034-03-31", 266_68),
    ]
    assert {share.invoice_id for share in plan.shares} == {"inv-1", "inv-2"}
    assert office.deeds() == [("ada", "plan")]


def test_a_plan_by_hand_is_over_the_invoices_named(office: Any, north: TenantStore) -> None:
    parts = [f"--instalment={day}={amount}" for day, amount in zip(MANY, ("150.00", "50.00"), strict=True)]
    made = office.data("plan", "make", "Buyer plc", "--invoices", "inv-2", *reversed(parts))["plan"]

    assert [part["amount_minor"] for part in made["instalments"]] == [150_00, 50_00]
    assert north.plans.holding(InvoiceId("inv-2")).id == made["id"]
    assert north.plans.holding(InvoiceId("inv-1")) is None


def test_a_plan_by_hand_has_its_days_on_days_on_which_the_firm_works(office: Any) -> None:
    parts = ["--instalment=2034-01-01=150.00", "--instalment=2034-01-07=50.00"]  # a Sunday, and a Saturday

    made = office.data("plan", "make", "Buyer plc", "--invoices", "inv-2", *parts)["plan"]

    assert [part["due_on"] for part in made["instalments"]] == ["2034-01-02", "2034-01-09"]


def test_a_plan_is_shown_with_how_far_it_has_come(office: Any) -> None:
    office.told("plan", "make", "Buyer plc", "--instalments", "2", "--first", "2034-01-02", "--every", "week")
    told = office.told("plan", "show", "Buyer plc")

    assert "active: 800.00 GBP" in told
    assert "paid 0.00 GBP, left 800.00 GBP" in told
    assert "next: instalment 1 of 2034-01-02, 400.00 GBP of it outstanding" in told
    assert "There is no plan with Euro SA" in office.told("plan", "show", "Euro SA")


def test_a_cancelled_plan_makes_room_for_another(office: Any, north: TenantStore) -> None:
    office.told("plan", "make", "Buyer plc", "--instalments", "2", "--first", NEXT)
    office.told("plan", "cancel", "Buyer plc")
    office.told("plan", "make", "Buyer plc", "--instalments", "4", "--first", NEXT)

    assert [plan.state for plan in north.plans.of_contact(ContactId("buyer"))] == [
        PlanState.CANCELLED,
        PlanState.ACTIVE,
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            [f"--instalment={MANY[0]}=400", f"--instalment={MANY[1]}=300"],
            "the instalments sum to 700.00 GBP, the invoices (INV-1, INV-2) to 800.00 GBP: 100.00 GBP missing",
        ),
        ([f"--instalment={MANY[0]}=800.01"], "0.01 GBP too much"),
        ([f"--instalment={MANY[0]}=400", f"--instalment={MANY[0]}=400"], "the same day"),
        (["--instalment=2034-01-07=400", "--instalment=2034-01-08=400"], "the same day, 2034-01-09"),
        ([f"--instalment={LONG_AGO}=800"], "which is past"),
        ([f"--instalment={NEXT}"], "'' is not an amount"),
        (["--instalment=soon=800"], "2026-04-30=200.00"),
        (["--instalments", "3", "--first", LONG_AGO], "which is past"),
        (["--instalments", "3"], "--first"),
        (["--instalments", "3", "--first", NEXT, f"--instalment={NEXT}=800"], "--instalments"),
        ([], "--instalments"),
        (["--instalments", "3", "--first", NEXT, "--invoices", "INV-9"], "no open invoice INV-9"),
        (["--instalments", "3", "--first", NEXT, "--invoices", "inv-1,inv-3"], "no open invoice inv-3"),
        (["--instalments", "120", "--first", "9999-12-01"], "more than ten years away"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(office: Any, arguments: list[str], words: str) -> None:
    assert words in office.refused("plan", "make", "Buyer plc", *arguments)


def test_a_plan_over_two_currencies_is_refused(office: Any) -> None:
    told = office.refused("plan", "make", "Euro SA", "--instalments", "2", "--first", NEXT)

    assert "INV-3, INV-4 are in GBP and EUR" in told


def test_an_invoice_in_another_plan_is_refused(office: Any) -> None:
    first = ("--instalments", "2", "--first", NEXT)
    office.told("plan", "make", "Buyer plc", "--invoices", "INV-1", *first)

    assert "INV-1: in another plan already" in office.refused("plan", "make", "Buyer plc", *first)
    office.told("plan", "make", "Buyer plc", "--invoices", "INV-2", *first)


@pytest.mark.parametrize("about", [["INV-1"], ["--customer", "Buyer plc"]])
def test_an_invoice_in_a_plan_is_not_promised_besides(office: Any, about: list[str]) -> None:
    office.told("plan", "make", "Buyer plc", "--invoices", "INV-1", "--instalments", "2", "--first", NEXT)

    assert "INV-1: in a payment plan" in office.refused("promise", *about, "--on", NEXT)


def test_a_disputed_invoice_is_kept_out_of_plans(office: Any) -> None:
    office.told("dispute", "INV-1", "--reason", "broken", "--amount", "5")

    assert "INV-1: disputed" in office.refused("plan", "make", "Buyer plc", "--instalments", "2", "--first", NEXT)


def test_a_cancelled_plan_has_nothing_that_comes_next(office: Any) -> None:
    office.told("plan", "make", "Buyer plc", "--instalments", "2", "--first", NEXT)
    office.told("plan", "cancel", "Buyer plc")

    told = office.told("plan", "show", "Buyer plc")

    assert ("cancelled" in told, "next:" in told) == (True, False)


def test_there_is_no_plan_to_cancel(office: Any) -> None:
    assert "no plan to cancel" in office.refused("plan", "cancel", "Buyer plc")


# -- discounts ---------------------------------------------------------------------------------------------------------


def test_a_discount_is_told_with_what_is_left_to_pay(office: Any) -> None:
    told = office.told("discount", "INV-1", "--percent", "2.5", "--until", NEXT)

    assert told == f"Offered for invoice INV-1 of north: 585.00 GBP, 15.00 GBP less, up to and including {NEXT}."


def test_a_discount_is_replaced_and_withdrawn(office: Any, north: TenantStore, inv_1: InvoiceId) -> None:
    office.told("discount", "INV-1", "--percent", "2.5", "--until", NEXT)
    office.told("discount", "INV-1", "--amount", "20.00", "--until", NEXT)
    assert north.discounts.standing(inv_1).amount_minor == 20_00

    office.told("discount", "INV-1", "--withdraw")

    assert north.discounts.standing(inv_1) is None
    assert office.deeds() == [("ada", "discount"), ("ada", "discount"), ("ada", "discount withdrawn")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--percent", "2.5", "--until", LONG_AGO], "which is past"),
        (["--percent", "100", "--until", NEXT], "between 0.01 and 99.99"),
        (["--percent", "0", "--until", NEXT], "between 0.01 and 99.99"),
        (["--percent", "2.505", "--until", NEXT], "two digits at most"),
        (["--percent", "much", "--until", NEXT], "'much' is not a percentage"),
        (["--percent", "Infinity", "--until", NEXT], "not a percentage"),
        (["--amount", "600.00", "--until", NEXT], "or all of it"),
        (["--percent", "2", "--amount", "5", "--until", NEXT], "either"),
        (["--percent", "2"], "--until"),
        (["--withdraw", "--percent", "2"], "--withdraw alone"),
        (["--withdraw"], "no discount is on offer"),
    ],
)
def test_a_discount_that_cannot_be_is_refused(
    office: Any, north: TenantStore, inv_1: InvoiceId, arguments: list[str], words: str
) -> None:
    assert words in office.refused("discount", "INV-1", *arguments)
    assert north.discounts.standing(inv_1) is None


# -- customers ---------------------------------------------------------------------------------------------------------


def test_what_is_known_of_a_customer_is_set_field_by_field(office: Any, north: TenantStore) -> None:
    office.told("customer", "Buyer plc", "--language", "de_CH", "--kind", "business", "--prefer", "email", "--no-sms")
    office.told("customer", "Buyer plc", "--escalate-to", "Jo Bloggs <jo@buyer.example>", "--no-voice", "--sms")

    assert north.preferences.of(ContactId("buyer")) == Preference(
        contact_id=ContactId("buyer"),
        language="de-CH",
        kind="business",
        channel="email",
        escalation_name="Jo Bloggs",
        escalation_email="jo@buyer.example",
        opted_out=("voice",),
    )
    assert office.deeds() == [("ada", "customer"), ("ada", "customer")]


def test_a_look_at_a_customer_changes_nothing(office: Any) -> None:
    assert "chased: yes" in office.told("customer", "Buyer plc")
    assert office.deeds() == []


def test_neither_the_customer_nor_the_trail_is_shown_with_an_address(office: Any) -> None:
    office.told("customer", "Buyer plc", "--escalate-to", "Jo Bloggs <jo@buyer.example>")
    shown = [office.run(*command).output for command in (["customer", "Buyer plc"], ["audit"], ["audit", "--json"])]

    assert all("Jo Bloggs" in text and "jo@buyer.example" not in text for text in shown)
    assert "jo@buyer.example" not in office.run("customer", "Buyer plc", "--json").output


def test_who_is_not_chased_belongs_to_you_or_whom_you_name(office: Any, north: TenantStore) -> None:
    office.told("customer", "Buyer plc", "--do-not-chase", "the director calls")
    office.told("customer", "Euro SA", "--do-not-chase", "insolvent", "--owner", "grace")

    assert account(north).preference.owner == "ada"
    assert account(north, "euro").preference.owner == "grace"
    assert "needs an owner" in office.refused("customer", "Buyer plc", "--clear", "owner")
    office.told("customer", "Buyer plc", "--chase", "--clear", "owner")
    assert north.preferences.of(ContactId("buyer")) == Preference(contact_id=ContactId("buyer"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--language", "klingon!"], "is not a language"),
        (["--escalate-to", "somebody"], "one address"),
        (["--prefer", "sms", "--no-sms"], "cannot prefer sms"),
        (["--chase", "--do-not-chase", "never"], "cannot both"),
        (["--kind", "friend"], "friend"),
        (["--segment", "nosuch"], "no segment 'nosuch'; there are: standard"),
        (["--prefer", "letter"], "no stage of the policy goes by it, but by email"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(office: Any, arguments: list[str], words: str) -> None:
    assert words in office.refused("customer", "Buyer plc", *arguments)


@pytest.mark.parametrize("wish", [["--sms"], ["--no-voice", "--sms"]])
def test_a_stop_is_not_taken_back_by_a_person_of_the_firm(office: Any, north: TenantStore, wish: list[str]) -> None:
    north.mirror.save_contacts([a_contact("buyer", name="Buyer plc", phones=("+447700900123",))])
    north.opt_outs.opt_out("+447700900123", AT, "text")

    assert "only its own START" in office.refused("customer", "Buyer plc", *wish)
    assert "its number has answered STOP" in office.told("customer", "Buyer plc")
    assert office.data("customer", "Buyer plc")["customer"]["answered_stop"] is True
    assert "sms" in account(north).closed_channels

    north.opt_outs.opt_in("+447700900123", LATER)
    office.told("customer", "Buyer plc", *wish)
    assert "sms" not in account(north).closed_channels


@pytest.mark.parametrize(("phones", "lacks"), [((), True), (("020 7946 0123",), True), (("07700 900123",), False)])
def test_a_preferred_channel_that_does_not_reach_the_customer_says_what_is_missing(
    office, north: TenantStore, phones: tuple[str, ...], lacks: bool
) -> None:
    file = office.folder / "config.toml"
    file.write_text(
        f'{file.read_text()}[[policy.stages]]\nname = "soft"\noffset_days = 1\nchannels = ["sms", "email"]\n'
        '[phone]\naccount_sid = "AC0123456789abcdef0123456789abcdef"\nauth_token = "env:TOKEN"\n'
        'text_from = "+441134960000"\n'
    )
    north.mirror.save_contacts([a_contact("buyer", name="Buyer plc", phones=phones, country="GB")])

    told = office.told("customer", "Buyer plc", "--prefer", "sms")

    assert ("the ledger has no telephone number that can take texts of this customer" in told) is lacks


def test_texts_cannot_be_preferred_by_whoever_stopped_them(north: TenantStore) -> None:
    north.mirror.save_contacts([a_contact("buyer", name="Buyer plc", phones=("+447700900123",))])
    north.opt_outs.opt_out("+447700900123", AT, "text")
    target = Target(TenantSlug("north"), "contact", "buyer", "Buyer plc")
    hand = AtHand(target=target, store=north, now=LATER, today=LATER.date())

    with pytest.raises(AgreementError, match="only its own START"):
        change_preference(hand, {"channel": "sms"}, "ada")


def test_an_unknown_customer_is_told_what_brings_new_ones(office: Any) -> None:
    for command in (["customer", "Nobody"], ["audit", "--customer", "Nobody"], ["plan", "show", "Nobody"]):
        assert "dun sync" in office.refused(*command)


# -- the trail ---------------------------------------------------------------------------------------------------------


def test_the_trail_tells_who_did_what_about_whom(office: Any) -> None:
    office.told("promise", "INV-1", "--on", NEXT)
    office.told("customer", "Euro SA", "--kind", "consumer")

    told = office.data("audit")["audit"]
    assert [(deed["tenant"], deed["entry"]["who"], deed["entry"]["action"], deed["about"]) for deed in told] == [
        ("north", "ada", "customer", "Euro SA"),
        ("north", "ada", "promise", "INV-1"),
    ]
    assert [deed["about"] for deed in office.data("audit", "--customer", "Buyer plc")["audit"]] == ["INV-1"]
    assert office.data("audit", "--since", NEXT)["audit"] == []
    assert "Nobody has done anything yet" in office.told("audit", "--since", NEXT)
    assert f"promised on: {NEXT}" in office.told("audit")
    assert "_minor" not in office.told("audit")


def test_the_limit_of_the_trail_is_over_all_tenants_together(office: Any) -> None:
    config = office.folder / "config.toml"
    config.write_text(config.read_text() + '[tenants.south]\nledger = "xero"\nzone = "UTC"\n')
    with Registry.open(office.folder / "data" / "registry.db") as registry:
        registry.add_tenant("south", "xero", "b-company", "Hill Works", AT)
    for tenant, seconds in (("north", 1), ("south", 2), ("north", 3), ("south", 4)):
        with closing(TenantStore.open(office.folder / "data" / "tenants" / tenant / "dun.db")) as store:
            store.audit.record("ada", f"deed {seconds}", "tenant", "*", {}, AT + timedelta(seconds=seconds))

    told = office.data("audit", "--limit", "3")["audit"]

    assert [deed["entry"]["action"] for deed in told] == ["deed 4", "deed 3", "deed 2"]


def test_nothing_is_kept_of_a_change_that_died_before_its_row_in_the_trail(
    office: Any, north: TenantStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr("state.audit.Audit.record", killed)
    commands = (
        ["promise", "INV-1", "--on", NEXT],
        ["dispute", "INV-1", "--reason", "broken"],
        ["hold", "INV-1"],
        ["plan", "make", "Buyer plc", "--instalments", "2", "--first", NEXT],
        ["discount", "INV-1", "--percent", "2", "--until", NEXT],
        ["customer", "Buyer plc", "--kind", "business"],
    )
    for command in commands:
        with pytest.raises(Killed):
            office.run(*command)

    assert (north.promises.open(), north.disputes.standing(), north.plans.active()) == ([], [], [])
    assert north.holds.active(date(2026, 1, 1)) == []
    assert north.discounts.standing(InvoiceId("inv-1")) is None
    assert account(north).preference is None


def test_an_answer_about_a_send_is_in_the_trail(office: Any, north: TenantStore) -> None:
    message = MessageId("msg-1")
    claimed(north, "inv-1", message)
    north.reminders.refused(message, "no such mailbox", AT)

    office.told("resolve", "INV-1", "retry")

    assert office.deeds() == [("ada", "resolve")]
    assert "invoice" in office.refused("resolve", "INV-2", "retry")


def test_a_look_does_not_wait_for_whoever_writes(office: Any, north: TenantStore) -> None:
    with north.transaction():
        assert "chased: yes" in office.told("customer", "Buyer plc")
        assert "There is no plan" in office.told("plan", "show", "Buyer plc")


# -- what contradicts each other ---------------------------------------------------------------------------------------

_PROPOSE = ("write-off", "propose", "INV-1", "--reason", "insolvent")


@pytest.mark.parametrize(
    "arguments",
    [
        ["promise", "INV-1", "--on", NEXT],
        ["promise", "--customer", "Buyer plc", "--on", NEXT],
        ["plan", "make", "Buyer plc", "--instalments", "2", "--first", NEXT],
        ["dispute", "INV-1", "--reason", "broken"],
        ["discount", "INV-1", "--percent", "2", "--until", NEXT],
    ],
)
def test_nothing_is_agreed_about_what_is_to_be_written_off(office: Any, arguments: list[str]) -> None:
    office.told(*_PROPOSE)

    assert "INV-1 of north is to be written off (proposed); `dun write-off refuse INV-1`" in office.refused(*arguments)


@pytest.mark.parametrize(
    ("agreed", "ends"),
    [
        (["promise", "INV-1", "--on", NEXT], "withdraw that first"),
        (["plan", "make", "Buyer plc", "--instalments", "2", "--first", NEXT], "dun plan cancel"),
        (["dispute", "INV-1", "--reason", "broken"], "dun dispute INV-1 --settle"),
    ],
)
def test_what_is_agreed_about_is_not_written_off(office: Any, agreed: list[str], ends: str) -> None:
    office.told(*agreed)

    assert ends in office.refused(*_PROPOSE)


def test_a_plan_is_not_made_over_what_money_in_hand_may_have_paid(office: Any, north: TenantStore) -> None:
    north.mirror.save_credits([a_credit("money", contact_id="buyer", remaining_minor=500_00)])

    told = office.refused("plan", "make", "Buyer plc", "--instalments", "2", "--first", NEXT)

    assert "500.00 GBP of Buyer plc is in hand" in told
    assert "`dun credits --tenant north --customer 'Buyer plc'` shows it" in told


def test_a_plan_is_made_over_credit_that_is_not_worth_a_letter(office: Any, north: TenantStore) -> None:
    north.mirror.save_credits([a_credit("money", contact_id="buyer", remaining_minor=1_00)])

    told = office.told("plan", "make", "Buyer plc", "--instalments", "2", "--first", NEXT)

    assert "Left aside, as the policy says: 1.00 GBP in hand that no invoice has taken." in told


def test_a_plan_over_credit_that_is_ignored_says_so(office: Any, north: TenantStore) -> None:
    north.mirror.save_credits([a_credit("money", contact_id="buyer", remaining_minor=500_00)])
    config = office.folder / "config.toml"
    config.write_text(config.read_text() + '[policy]\ncredit = "ignore"\n')

    told = office.told("plan", "make", "Buyer plc", "--instalments", "2", "--first", NEXT)

    assert "Left aside, as the policy says: 500.00 GBP in hand that no invoice has taken." in told
