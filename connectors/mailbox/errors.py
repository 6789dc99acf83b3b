"""What can go wrong with a mailbox. `str()` of each is fit for a person and names no address and no secret."""


class MailboxError(Exception):
    """The mailbox could not be read; what was read before stays read."""


class MailboxUnreachable(MailboxError):
    """The server did not answer, or not in a way that can be understood: later it may."""


class MailboxRefused(MailboxError):
    """The server does not let us in, or has no such folder: a person must look."""
