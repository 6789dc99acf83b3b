"""Bad luck: a share of all API and token calls goes wrong, drawn from a seed.

Each kind of call about each company has a series of its own, so that the hundredth read of a company's invoices meets
the same fate whatever other threads do meanwhile. The control API and the consent pages are never unlucky.
"""

from collections import Counter
from random import Random

from connectors.sandbox.access import is_service_call
from connectors.sandbox.world import Face, Fault, World

KINDS = ("drop_before", "drop_after", "truncated", "slow", "html", "500", "503")


class Chance:
    """Draws the fate of calls, while switch 'random_faults' names a share above 0."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._met: Counter[str] = Counter()

    def fault(self, face: Face, path: str, company: str, operation: str) -> Fault | None:
        """The fault this call meets; None, if it is lucky."""
        share = float(self._world.switch("random_faults", "0"))
        unlucky = self._world.switch("random_faults_faces", "xero quickbooks").split()
        if not share or face.name not in unlucky or not is_service_call(face.name, path):
            return None
        series = f"{face.name}/{company}/{operation}"
        self._met[series] += 1
        draw = Random(f"{self._world.switch('random_faults_seed', 'faults')}/{series}/{self._met[series]}")
        if draw.random() >= share:
            return None
        fault = Fault(face.name, draw.choice(KINDS))
        self._world.audit.faults[fault.kind] += 1
        return fault
