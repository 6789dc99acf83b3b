"""The morning after the demo's days, for whoever wants to click through it: the page, on the firms' own clock.

From here on a person lets reminders go, so that there is something to approve; a customer has asked a question, and
money has come in over night. The books' verdict on the days before is given by then.
"""

from datetime import datetime, time, timedelta

import msgspec

from connector.config.settings import Config, load
from connector.page.serving import Tell, serve
from connector.rounds import run_tenant
from connector.wiring import Installation
from connectors.sandbox.control import people
from connectors.sandbox.control.call import Call
from connectors.sandbox.setup import live_one_day
from connectors.sandbox.world import World
from state.clock import Clock

_AT = time(15, 30)  # UTC: both firms are at work
_QUESTION = "Could you send us the order number for this? We cannot find it."
_OPEN_TO_FIND = 14  # of days after which there is certainly one that both firms work on


def first_morning(config: Config, world: World, clock: Clock) -> Config:
    """One more day for both firms, up to where their bookkeeper comes in; the configuration that is in force then."""
    text = config.path.read_text(encoding="utf-8")
    config.path.write_text(text.replace('mode = "auto"', 'mode = "approve"'), encoding="utf-8")
    config = load(config.path)
    for _ in range(_OPEN_TO_FIND):
        with world.lock:
            live_one_day(world)
        now = world.clock.now()
        world.clock.advance(datetime.combine(now.date(), _AT, now.tzinfo) - now)
        if _plan(config, clock):
            break
        world.clock.advance(timedelta(days=1))
    _ask(world)
    world.clock.advance(timedelta(minutes=20))  # mailboxes are not asked at every moment
    _plan(config, clock)
    return config


def _plan(config: Config, clock: Clock) -> int:
    """A cycle for each firm; how many reminders wait for a yes."""
    with Installation(config, clock) as installation:
        return sum(run_tenant(installation, slug).awaiting_approval for slug in config.tenants)


def _ask(world: World) -> None:
    """Whoever was written to last has a question."""
    with world.lock:
        mails = [message for message in world.messages if message.channel in ("smtp", "sendgrid") and message.mentions]
        if mails:
            wish = msgspec.json.encode({"text": _QUESTION})
            people.reply(Call(world, {}, {"id": mails[-1].id}, wish))


def open_page(config: Config, world: World, clock: Clock, tell: Tell) -> None:
    """Serve the page until Ctrl-C, on this machine alone."""
    serve(first_morning(config, world, clock), listen="127.0.0.1:0", clock=clock, tell=tell, link=True)
