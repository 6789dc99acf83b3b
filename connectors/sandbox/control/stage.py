"""The control API's stage hands: time, faults, switches, tokens, and what the receivers and the books saw."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from connectors.sandbox.access import EXPIRED, REVOKED, cut_off
from connectors.sandbox.control.call import BadRequest, Call, NoSuch
from connectors.sandbox.control.views import Json, message_view, note_view
from connectors.sandbox.faults import clear_faults, raise_fault
from connectors.sandbox.judge import verdict
from connectors.sandbox.setup import live_one_day, rebuild
from connectors.sandbox.world import Fault
from state.clock import SystemClock, aware_utc

_ONE_DAY = timedelta(days=1)


class ClockWish(msgspec.Struct, forbid_unknown_fields=True):
    """Exactly one of these. `running` lets time pass as on this machine, or freezes it."""

    advance_seconds: float | None = None
    advance_days: float | None = None
    set: datetime | None = None
    running: bool | None = None


class Days(msgspec.Struct, forbid_unknown_fields=True):
    """`advance`: whether the clock moves on to the next day, 24 hours later, before each day is lived."""

    days: int = 1
    advance: bool = True


class FaultWish(msgspec.Struct, forbid_unknown_fields=True):
    face: str
    kind: str
    times: int = 1
    path: str = ""
    method: str | None = None
    seconds: float = 0.0
    company: str = ""


class Service(msgspec.Struct, forbid_unknown_fields=True):
    service: str


class NewSeed(msgspec.Struct, forbid_unknown_fields=True):
    seed: str | None = None


def overview(call: Call) -> Json:
    return {
        **show_clock(call),
        "companies": list_companies(call),
        "seed": call.world.origin.seed if call.world.origin else None,
        "messages": len(call.world.messages),
        "faults": len(call.world.faults),
        "rate_limits": call.world.rate_limits,
    }


def show_clock(call: Call) -> Json:
    return {"now": call.world.clock.now().isoformat(), "running": call.world.clock.running}


def move_clock(call: Call) -> Json:
    wish, clock = call.body(ClockWish), call.world.clock
    match wish:
        case ClockWish(advance_seconds=float(seconds)):
            clock.advance(timedelta(seconds=seconds))
        case ClockWish(advance_days=float(days)):
            clock.advance(timedelta(days=days))
        case ClockWish(set=datetime() as instant):
            clock.advance(aware_utc(instant) - clock.now())
        case ClockWish(running=True):
            clock.run_with(SystemClock())
        case ClockWish(running=False):
            clock.freeze()
        case _:
            raise BadRequest("say one of advance_seconds, advance_days, set or running")
    return show_clock(call)


def list_companies(call: Call) -> list[Json]:
    return [
        {
            "company": ledger,
            "name": books.company.name,
            "id": books.company.realm if ledger.startswith("quickbooks") else books.company.guid,
            "guid": books.company.guid,
            "realm": books.company.realm,
            "currency": books.company.currency,
            "country": books.company.country,
            "zone": books.company.zone,
            "customers": len(books.customers),
            "invoices": len(books.invoices),
            "payments": len(books.payments),
            "credits": len(books.credits),
        }
        for ledger, books in call.world.companies.items()
    ]


def live(call: Call) -> list[Json]:
    wish, told = call.body(Days), []
    if wish.days < 1:
        raise BadRequest("days must be at least 1")
    for _ in range(wish.days):
        if wish.advance:
            call.world.clock.advance(_ONE_DAY)
        told.append({"at": call.world.clock.now().isoformat(), "happened": live_one_day(call.world)})
    return told


def list_messages(call: Call) -> list[Json]:
    """`?to=` narrows to one recipient, `?mentioning=` to one invoice number."""
    messages = call.world.messages
    if "to" in call.query:
        messages = [m for m in messages if call.query["to"].lower() in (r.lower() for r in m.recipients)]
    if "mentioning" in call.query:
        messages = [m for m in messages if call.query["mentioning"] in (x.number for x in m.mentions)]
    return [message_view(message) for message in messages]


def forget_messages(call: Call) -> Json:
    call.world.messages.clear()
    return {"messages": 0}


def list_notes(call: Call) -> list[Json]:
    """Of every company, or of `?company=`; `?invoice=` narrows to one number."""
    ledgers = [call.ledger] if "company" in call.query or "company" in call.path else list(call.world.companies)
    notes = [
        note_view(books, ledger, note)
        for ledger, books in call.world.companies.items()
        for note in books.notes
        if ledger in ledgers
    ]
    return [note for note in notes if call.query.get("invoice", note["invoice"]) == note["invoice"]]


def count_calls(call: Call) -> Json:
    return {
        face: {"total": counts.total(), "endpoints": dict(counts.most_common())}
        for face, counts in call.world.calls.items()
    }


def forget_calls(call: Call) -> Json:
    call.world.calls.clear()
    return {}


def list_faults(call: Call) -> list[Json]:
    return [
        {
            "face": fault.face,
            "kind": fault.kind,
            "times": fault.times,
            "path": fault.path,
            "method": fault.method,
            "seconds": fault.seconds,
            "company": fault.company,
        }
        for fault in call.world.faults
    ]


def add_fault(call: Call) -> list[Json]:
    wish = call.body(FaultWish)
    if wish.times < 1:
        raise BadRequest("times must be at least 1")
    if wish.company and wish.company not in call.world.companies:
        raise NoSuch(f"there is no company {wish.company!r}; there are {', '.join(call.world.companies)}")
    raise_fault(call.world, Fault(**msgspec.structs.asdict(wish)))
    return list_faults(call)


def forget_faults(call: Call) -> list[Json]:
    clear_faults(call.world)
    return []


def show_switches(call: Call) -> dict[str, Any]:
    return {"rate_limits": call.world.rate_limits, **call.world.switches}


def set_switches(call: Call) -> dict[str, Any]:
    """Each member is a switch; null puts it back to its default."""
    for name, value in call.body(dict[str, str | bool | int | None]).items():
        if name == "rate_limits":
            call.world.rate_limits = value is None or value in {True, "true", "on", "yes"}
        elif value is None:
            call.world.switches.pop(name, None)
        else:
            call.world.switches[name] = str(value)
    return show_switches(call)


def truth(call: Call) -> Json:
    return verdict(call.world)


def revoke_tokens(call: Call) -> Json:
    return _cut_off(call, REVOKED)


def expire_tokens(call: Call) -> Json:
    return _cut_off(call, EXPIRED)


def reset(call: Call) -> Json:
    rebuild(call.world, call.body(NewSeed).seed)
    return overview(call)


def _cut_off(call: Call, state: str) -> Json:
    cut_off(call.world, call.body(Service).service, state)
    return dict(call.world.cut_off)
