"""Lets a person take back that a reply was handled, and nothing else of it; two still cannot handle it both."""

TAKING_BACK = (
    "DROP TRIGGER reply_is_handled_once",
    """
    CREATE TRIGGER reply_is_handled_once BEFORE UPDATE OF handled_at, handled_by, outcome ON reply
    WHEN OLD.handled_at IS NOT NULL AND coalesce(NEW.handled_at, NEW.handled_by, NEW.outcome) IS NOT NULL
    BEGIN
        SELECT RAISE(ABORT, 'this reply has been handled already');
    END
    """,
)
