"""A draw of the control group keeps on which day after the due date the group is first reminded; part of m035.

Its invoices are judged at that day, so another day is another comparison, for which everybody is drawn anew. Of earlier
draws nobody knows the day: 0 stands for that, and nothing is compared by them.
"""

TRIAL_START = (
    "CREATE TABLE trial_member_before AS SELECT contact_id, percent, held_back, drawn_on FROM trial_member",
    "DROP TABLE trial_member",
    """
    CREATE TABLE trial_member (
        contact_id TEXT NOT NULL,
        percent INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 50),
        start_days INTEGER NOT NULL CHECK (start_days >= 0),
        held_back INTEGER NOT NULL CHECK (held_back IN (0, 1)),
        drawn_on TEXT NOT NULL,
        PRIMARY KEY (contact_id, percent, start_days)
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO trial_member (contact_id, percent, start_days, held_back, drawn_on)
    SELECT contact_id, percent, 0, held_back, drawn_on FROM trial_member_before
    """,
    "DROP TABLE trial_member_before",
    """
    CREATE TRIGGER trial_member_stays BEFORE DELETE ON trial_member BEGIN
        SELECT RAISE(ABORT, 'who was in the control group is never forgotten');
    END
    """,
    """
    CREATE TRIGGER trial_member_stays_itself BEFORE UPDATE ON trial_member BEGIN
        SELECT RAISE(ABORT, 'nobody changes groups');
    END
    """,
)
