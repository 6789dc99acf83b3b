"""The table about debts that are given up: where in the books they go."""

from pydantic import Field

from connector.config.section import OPTIONAL, Section


class WriteOffSection(Section):
    """Where a debt goes that a person has given up. Without it Dun writes none into the ledger, and exports them."""

    account: str = Field(
        default="",
        max_length=10,
        description="Xero: the code of the account, such as that of bad debts",
        examples=["404"],
        json_schema_extra=OPTIONAL,
    )
    item: str = Field(
        default="",
        max_length=20,
        pattern=r"^\d*$",
        description="QuickBooks: the id of a product or service whose income account is that of bad debts",
        examples=["12"],
        json_schema_extra=OPTIONAL,
    )
    four_eyes: bool = Field(default=False, description="whether somebody else than the proposer has to approve")
