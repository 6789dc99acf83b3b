"""What people call a record that cannot be read, so that it can be found in the ledger and corrected there."""

UNREAD = ("ALTER TABLE quarantine ADD COLUMN name TEXT",)
