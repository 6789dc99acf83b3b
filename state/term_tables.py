"""What a person said yes to, beside the yes. Approvals that are older have none, and stand for customer and amount."""

TERMS = ("ALTER TABLE reminder ADD COLUMN terms TEXT CHECK (terms IS NULL OR json_valid(terms))",)
