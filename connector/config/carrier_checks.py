"""Stages that go by a channel for which nobody is configured: a policy that writes letters without a letterhead."""

from connector.config.letters import CarriageSection
from connector.config.lines import KeyPath
from connector.config.phone import numbers_of
from connector.config.policy_checks import Found, problem
from connector.config.schema import ConfigFile, TenantSection
from connector.config.sequences import segments_of, standard_policy
from connector.dunning.policy import Channel
from connector.dunning.segments import PolicyBook


def check_carriers(file: ConfigFile, slug: str, channel: str) -> Found:
    """What the stages of tenant `slug`, whose e-mail goes by `channel`, cannot be carried by."""
    tenant = file.tenants[slug]
    book = _book(file, slug, tenant)
    path: KeyPath = ("tenants", slug)
    going = [stage for policy in book.policies for stage in (*policy.stages, *policy.retired)]
    used = {channel: stage.name for stage in going for channel in stage.channels}
    if "letter" in used and not tenant.letterhead.model_fields_set:  # half a letterhead is told part by part
        yield problem(
            (*path, "letterhead"),
            f"is missing, and stage {used['letter']} writes letters",
            f"add [tenants.{slug}.letterhead]",
        )
    if channel != "dry" and not tenant.read_only:
        yield from _phone(file, tenant, path, used)
    if slug == next(iter(file.tenants)):
        yield from _certified(("letters",), file.letters, book)
    yield from _certified((*path, "letters"), tenant.letters, book)


def _certified(path: KeyPath, letters: CarriageSection, book: PolicyBook) -> Found:
    for position, name in enumerate(letters.certified_stages):
        if name not in book.stages:
            at: KeyPath = (*path, "certified_stages", position)
            yield problem(at, "is no stage of the policy", f"use one of {', '.join(book.stages)}", name)


def _phone(file: ConfigFile, tenant: TenantSection, path: KeyPath, used: dict[Channel, str]) -> Found:
    numbers = numbers_of(file.phone, tenant.phone)
    spoken: dict[Channel, str] = {"sms": "sends text messages", "voice": "calls"}
    for kind in spoken.keys() & used.keys():
        if not file.phone.account_sid:
            what = f"is missing, and stage {used[kind]} {spoken[kind]}"
            yield problem(("phone", "account_sid"), what, "set up [phone]")
    if "sms" in used and not numbers.text_from and not numbers.messaging_service:
        what = f"is missing, and stage {used['sms']} sends text messages"
        yield problem((*path, "phone", "text_from"), what, "set it here or in [phone], or a messaging_service")
    if "voice" in used and not numbers.call_from:
        what = f"is missing, and stage {used['voice']} calls"
        yield problem((*path, "phone", "call_from"), what, "set it here or in [phone]")


def _book(file: ConfigFile, slug: str, tenant: TenantSection) -> PolicyBook:
    return PolicyBook(standard=standard_policy(file.policy, tenant.sequence), segments=segments_of(file.policy, slug))
