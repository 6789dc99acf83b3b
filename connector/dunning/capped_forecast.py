"""The coming days of all customers together, where no more messages leave on a day than the firm allows.

As the daemon does: oldest debt first, and what finds no room is decided again on the next day. Only those whose turn
comes are decided again here, so that a long queue costs a day no more than its cap.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from connector.dunning.calendar import Calendar, shift
from connector.dunning.consolidate import CustomerMessagePlan
from connector.dunning.forecast import Forecast, Foresight, PlannedSend, Walk
from connector.dunning.segments import PolicyBook
from state.model import Account, ContactId

Room = Callable[[date], int]
_Turn = tuple[date, ContactId]  # whose turn it is: the oldest debt of the message, then the customer
_Queued = tuple[_Turn, Walk, CustomerMessagePlan]


def capped(
    accounts: Iterable[Account], book: PolicyBook, calendar: Calendar, today: date, days: int, room: Room
) -> Iterator[tuple[Account, Forecast]]:
    """The forecast of each of `accounts`; `room` says how many messages may still leave on a day."""
    queue = _Queue(Foresight(book, calendar), shift(today, days))
    started: list[tuple[Account, Walk]] = []
    for number, account in enumerate(accounts):
        walk = Walk(account, today, number)
        queue.decide(walk)
        if walk.day < queue.end:
            started.append((account, walk))
        else:
            yield account, walk.forecast(queue.end)
    day = today
    while day < queue.end:
        queue.live(day, room(day) if calendar.is_open(day) else 0)
        day = shift(day, 1)
        queue.begin(day)
    waiting = queue.waiting()
    for account, walk in started:
        yield account, walk.forecast(queue.end, waiting.get(walk.number))


class _Queue:
    """Who goes on which day, and who waits for room."""

    def __init__(self, foresight: Foresight, end: date) -> None:
        self.end = end
        self._foresight = foresight
        self._coming: dict[date, list[Walk]] = {}
        self._due: list[_Queued] = []

    def decide(self, walk: Walk) -> None:
        """Put the walk where it belongs: among today's messages, or on its next day."""
        plan = self._foresight.decide(walk, self.end)
        if plan is not None:
            self._due.append((_turn(plan), walk, plan))
        else:
            self._put_down(walk)

    def live(self, day: date, room: int) -> None:
        """Let the first of today's messages leave, as many as there is room for."""
        self._due.sort(key=lambda queued: queued[0])
        waiting: list[_Queued] = []
        for turn, walk, plan in self._due:
            if not room:
                walk.put_off_from = walk.put_off_from or walk.day
                waiting.append((turn, walk, plan))
                continue
            plan_today = plan if walk.day == day else self._again(walk, day)
            if plan_today is not None:
                self._foresight.send(walk, plan_today, self.end)
                room -= 1
            walk.put_off_from = None
            self._put_down(walk)
        self._due = waiting

    def begin(self, day: date) -> None:
        """Decide about everybody whose next day this is, in the order of the accounts."""
        for walk in sorted(self._coming.pop(day, []), key=lambda walk: walk.number):
            self.decide(walk)

    def waiting(self) -> dict[int, PlannedSend]:
        """What found no room until the end, by the number of its account."""
        return {walk.number: self._foresight.planned(walk, plan) for _, walk, plan in self._due}

    def _again(self, walk: Walk, day: date) -> CustomerMessagePlan | None:
        walk.day = day
        return self._foresight.decide(walk, self.end)

    def _put_down(self, walk: Walk) -> None:
        if walk.day < self.end:
            self._coming.setdefault(walk.day, []).append(walk)


def _turn(plan: CustomerMessagePlan) -> _Turn:
    return min(each.receivable.due_on or date.max for each in plan.reminders), plan.contact_id
