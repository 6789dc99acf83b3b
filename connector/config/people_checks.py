"""What the tables of people can get wrong although every key in them is right."""

from collections.abc import Collection, Mapping

from connector.config.people import PersonSection
from connector.config.policy_checks import Found, problem


def check_people(people: Mapping[str, PersonSection], slugs: Collection[str]) -> Found:
    """Roles at tenants that there are not."""
    for account, person in people.items():
        for slug in person.tenants.keys() - slugs:
            mend = f"name tenants of this file: {', '.join(slugs) or 'none yet'}"
            yield problem(("people", account, "tenants"), f"names {slug!r}, which is none of the tenants", mend)
