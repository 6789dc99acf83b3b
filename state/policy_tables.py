"""What the whole policy added to a tenant's file: by which channel a reminder goes."""

CHANNELS = (
    """
    ALTER TABLE reminder ADD COLUMN channel TEXT NOT NULL DEFAULT 'email'
    CHECK (channel IN ('email', 'sms', 'voice', 'letter', 'call'))
    """,
)
