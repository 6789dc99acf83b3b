"""Whatever is lost on the way: who keeps what arrived is never blamed, who forgets it always is."""

from contextlib import AbstractContextManager

from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.audit import Audit, Held, Presented

HELD = Held("xero", "app", "consent", ("organisation",))
FATES = st.sampled_from(["delivered", "lost", "nothing happened", "refused"])


class Service:
    """Rotates at every refresh, takes old values for ever, and lets the audit look on."""

    def __init__(self) -> None:
        self.audit = Audit()
        self.newest = 0
        self.replaced: set[int] = set()

    def present(self, token: int) -> AbstractContextManager[Presented | None]:
        return self.audit.presented(str(token), lambda: True)

    def refresh(self, token: int, fate: str) -> int | None:
        """The new token if it arrives."""
        with self.present(token) as shown:
            self.audit.current = shown
            if fate == "refused":
                self.audit.refused(HELD)
            elif fate != "nothing happened":
                self.audit.refreshed(HELD, replaced=True, replay=token in self.replaced)
                self.replaced.add(token)
                self.newest += 1
            self.audit.leaving(shown, whole=fate == "delivered")
        return self.newest if fate == "delivered" else None


@given(st.lists(FATES, max_size=40))
def test_a_client_that_keeps_what_arrives_is_never_a_double_refresher(fates: list[str]) -> None:
    service, mine = Service(), 0
    for fate in fates:
        mine = service.refresh(mine, fate) or mine
    counts = service.audit.refreshes.get(HELD)
    if counts is not None:
        assert (counts.double_refreshes, counts.concurrent_refreshes) == (0, 0)
        assert counts.refreshes == fates.count("delivered") + fates.count("lost")
        assert counts.lost_answers == fates.count("lost")
        assert counts.invalid_grants == fates.count("refused")


@given(st.lists(FATES, max_size=20), st.lists(FATES, min_size=1, max_size=20))
def test_every_use_of_a_token_after_its_replacement_arrived_is_counted(before: list[str], after: list[str]) -> None:
    service = Service()
    for fate in before:
        service.refresh(0, "nothing happened" if fate == "delivered" else fate)
    service.refresh(0, "delivered")
    for fate in after:
        service.refresh(0, fate)
    reached = sum(fate != "nothing happened" for fate in after)
    assert service.audit.refreshes[HELD].double_refreshes == reached


@given(st.lists(FATES, min_size=1, max_size=10))
def test_a_second_call_with_the_same_token_at_once_is_counted(fates: list[str]) -> None:
    service = Service()
    with service.present(0):
        for fate in fates:
            service.refresh(0, fate)
    reached = sum(fate != "nothing happened" for fate in fates)
    counts = service.audit.refreshes.get(HELD)
    assert (counts.concurrent_refreshes if counts else 0) == reached
