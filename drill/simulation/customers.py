"""What customers do besides paying: they answer, want no more texts, move, change numbers, keep their word or not."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.sandbox.books import BooksError
from connectors.sandbox.documents import Customer
from connectors.sandbox.places import mobile, place
from drill.simulation.firm_policy import GROUP
from drill.simulation.people import NotPossible
from drill.simulation.postbox import Delivery
from drill.simulation.voices import Told
from state.money import exponent
from state.phones import mobile_of

if TYPE_CHECKING:
    from drill.simulation.life import Life

_SENTENCES = ("please stop", "We paid last week.", "Who is this?")
_RECENT = 12
_One = TypeVar("_One")


class Customers:
    """Those of a firm whose policy knows more ways than e-mail."""

    def __init__(self, life: "Life") -> None:
        self._life = life

    def knows(self, kind: str) -> bool:
        return hasattr(self, f"_do_{kind}")

    def act(self, kind: str, draw: Random) -> bool:
        """Let `kind` happen; False if it could not."""
        try:
            getattr(self, f"_do_{kind}")(draw)
        except (BooksError, NotPossible):
            return False
        return True

    # -- answers -----------------------------------------------------------------------------------------------------

    def _do_say_stop(self, draw: Random) -> None:
        number = self._number(draw)
        self._life.voices.text(number, draw.choice(("STOP", "Stop.", "stopall")), Told("stop", number))

    def _do_say_start(self, draw: Random) -> None:
        number = _one(draw, sorted(self._life.voices.stopped_at_the_carrier))
        self._life.voices.text(number, "START", Told("start", number))

    def _do_say_something(self, draw: Random) -> None:
        number = self._number(draw)
        self._life.voices.text(number, draw.choice(_SENTENCES), Told("sentence", number))

    def _do_answer_a_mail(self, draw: Random) -> None:
        mail, customer = self._mail(draw)
        self._life.voices.reply(mail.message.to[0].email, mail.message.id, customer)

    def _do_bounce(self, draw: Random) -> None:
        """Rather a copy: of the first recipients the product knows more, so that a slip there is seen elsewhere."""
        recent = self._recent_mails()
        mail = _one(draw, [one for one in recent if one.message.cc] or recent)
        address = draw.choice(mail.message.cc or mail.message.to).email.lower()
        self._life.voices.bounce(address, Told("bounce", address))

    def _number(self, draw: Random) -> str:
        numbers = {mobile_of((one.mobile,), one.country) for one in self._active() if one.mobile}
        return _one(draw, sorted(filter(None, numbers)))

    def _mail(self, draw: Random) -> tuple[Delivery, str]:
        mail = _one(draw, self._recent_mails())
        return mail, mail.customer

    def _recent_mails(self) -> list[Delivery]:
        delivered = self._life.around.postbox.delivered
        return [one for one in delivered[-_RECENT:] if one.message.kind == "email" and one.customer]

    # -- where they are ----------------------------------------------------------------------------------------------

    def _do_name_others(self, draw: Random) -> None:
        """Further persons who get the e-mails."""
        self._edit(draw, cc=(f"partner{draw.randint(1, 10**6)}@customer.example",))

    def _do_lose_phone(self, draw: Random) -> None:
        self._edit(draw, mobile=None, phone=None)

    def _do_get_phone(self, draw: Random) -> None:
        one = _one(draw, self._active())
        self._life.around.books.edit_customer(one, mobile=mobile(draw, one.country or "GB"))

    def _do_lose_place(self, draw: Random) -> None:
        self._edit(draw, **draw.choice(({"street": None}, {"postcode": None})))

    def _do_move_house(self, draw: Random) -> None:
        one = _one(draw, self._active())
        self._life.around.books.edit_customer(one, **place(draw, one.country or "GB", "{} High Street")._asdict())

    def _do_join_group(self, draw: Random) -> None:
        self._edit(draw, groups=(GROUP,))

    def _do_leave_group(self, draw: Random) -> None:
        self._edit(draw, groups=())

    def _edit(self, draw: Random, **facts: Any) -> None:
        self._life.around.books.edit_customer(_one(draw, self._active()), **facts)

    def _active(self) -> list[Customer]:
        everybody = self._life.around.books.customers.values()
        return [customer for customer in everybody if customer.merged_into is None and not customer.archived]

    # -- their word --------------------------------------------------------------------------------------------------

    def _do_keep_word(self, draw: Random) -> None:
        """Money for the invoices of an open promise, oldest first, as much as was promised."""
        promise = _one(draw, [each for each in self._life.agreed.promises if each.seen == {"open"}])
        self._pay(list(promise.baselines), promise.amount_minor)

    def _do_pay_instalment(self, draw: Random) -> None:
        """What is missing of the oldest instalment, on whichever of the plan's invoices; now and then not all of it."""
        agreed = self._life.agreed
        plan = _one(draw, [each for each in agreed.plans if each.standing])
        missing = agreed.missing(plan, agreed.paid(plan.baselines))
        keys = list(plan.baselines)
        draw.shuffle(keys)
        self._pay(keys, missing[0][2] if missing and draw.random() < 0.8 else 1)

    def _pay(self, keys: list[str], minor: int) -> None:
        books = self._life.around.books
        for key in keys:
            invoice, due = self._life.around.invoice(key), self._life.agreed.due(key)
            if invoice is None or not due or minor <= 0:
                continue
            part = min(due, minor)
            amount = Decimal(part).scaleb(-exponent(invoice.currency))
            owner = books.customers[invoice.customer_id]
            books.pay(owner, amount, on=self._life.people.today, against={invoice.id: amount})
            minor -= part


def _one(draw: Random, candidates: Sequence[_One]) -> _One:
    if not candidates:
        raise NotPossible
    return draw.choice(candidates)
