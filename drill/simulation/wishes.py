"""Whether a message keeps what was agreed with its customer and what the customer has asked for (invariants 1 and 2).

Said by what the drill remembers of it (`drill.simulation.agreed`, `drill.simulation.voices`), never by the product's
own decision.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta

from connectors.channels.channel import Message
from drill.simulation.agreed import Agreed
from drill.simulation.asking import Asking, is_instalment
from drill.simulation.attempts import Gone, base_of, lost
from drill.simulation.postbox import Delivery
from drill.simulation.process import Surroundings
from drill.simulation.violation import Violations
from drill.simulation.witness import About

_A_LITTLE = timedelta(minutes=16)


class Wishes:
    """What must have been so with the customer before a message left."""

    def __init__(self, around: Surroundings, agreed: Agreed, asking: Asking, violations: Violations) -> None:
        self._around = around
        self._agreed = agreed
        self._asking = asking
        self._violations = violations
        self._gone: defaultdict[tuple[int, int], Gone] = defaultdict(Gone)  # by invoice and round

    def forget(self) -> None:
        self._gone.clear()

    def attempted(self, message: Message) -> None:
        """Before anything is handed over: what the carrier itself refuses was still not to be tried."""
        if message.kind == "sms" and message.phone in self._around.voices.opted_out:
            self._violations.add(1, f"{message.stage} was texted to a number that had answered STOP")

    def check(self, delivery: Delivery, about: list[About], today: date, *, still: bool) -> None:
        """`still`: nothing has moved in the books since the live reading began."""
        self._check_addresses(delivery.message)
        self._check_order(delivery.message.id, about)
        self._check_channel(delivery.message, about)
        if abs(self._around.clock.wrong_by) > _A_LITTLE:
            return
        for one in about:
            for words in self._against(delivery, one, today, still=still):
                self._violations.add(1, f"{one.stage} about {one.invoice.number}, {words}")

    def _against(self, delivery: Delivery, one: About, today: date, *, still: bool) -> Iterator[str]:
        key, known = self._around.key(one.invoice), delivery.known
        if promise := self._agreed.open_promise(key, today, known):
            yield f"whose payment is promised by {promise.on}"
        yield from self._by_plan(one, key, known)
        dispute = self._agreed.disputes.get(key)
        if dispute and dispute.minor is None and dispute.number <= known and not dispute.perhaps_over:
            yield "which is disputed as a whole"
        if still:
            yield from self._by_customer(delivery, self._agreed.owner(one.invoice))

    def _by_plan(self, one: About, key: str, known: int) -> Iterator[str]:
        plan = self._agreed.plan_of(key, known)
        if plan is None or is_instalment(one.stage):
            return
        if "broken" not in plan.seen:
            yield f"which is in plan {plan.id}, whose instalments are paid in time"
        elif self._around.settings.policy.plan_broken == "ask":
            yield f"which is in the broken plan {plan.id}, about which a person is to decide"

    def _by_customer(self, delivery: Delivery, owner: str) -> Iterator[str]:
        if self._agreed.let_be.get(owner, delivery.known + 1) <= delivery.known:
            yield "whose customer is not to be chased"
        if self._around.voices.writing.get(owner):
            yield "whose customer has written, and nobody has read it"
        kind = delivery.message.kind
        if self._agreed.spared.get(owner, {}).get(kind, delivery.known + 1) <= delivery.known:
            yield f"whose customer is spared {kind}"

    def _check_addresses(self, message: Message) -> None:
        """Copies included."""
        for address in (*message.to, *message.cc):
            if address.email.lower() in self._around.voices.suppressed:
                self._violations.add(1, f"{message.subject!r} went to an address that takes no mail")

    def _check_channel(self, message: Message, about: list[About]) -> None:
        tone = self._asking.tone(about)
        if tone is None or tone.by_decision:
            return
        if message.kind not in tone.channels:
            self._violations.add(2, f"{tone.name} went by {message.kind}, and may go by {', '.join(tone.channels)}")

    def _check_order(self, message: str, about: list[About]) -> None:
        """Within a round days only rise, whichever sequence the customer goes through, but for what reached nobody."""
        stages = self._around.settings.book.stages
        with closing(self._around.read_file()) as file:
            for one in about:
                if base_of(one.stage) not in stages:
                    continue
                gone = self._gone[one.invoice.id, one.round]
                nowhere = lost(file, self._around.key(one.invoice))
                if words := gone.wrong(stages[base_of(one.stage)].offset_days, one.stage, message, nowhere):
                    self._violations.add(2, f"{one.stage} about {one.invoice.number} {words}")
