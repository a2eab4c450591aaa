"""What can go wrong with the database, in our own words: driver exceptions stay behind this door."""


class RecordsError(Exception):
    """The database could not do what was asked; `try_again` says whether it may work later."""

    try_again = False


class Unavailable(RecordsError):
    """PostgreSQL can't be reached, or went away in the middle; nothing of the transaction was kept."""

    try_again = True


class SchemaTooNew(RecordsError):
    """The database was migrated by a newer Ankang than this one."""


class SchemaTooOld(RecordsError):
    """The database lacks migrations that this Ankang needs."""


class MigrationChanged(RecordsError):
    """A migration that was applied has been edited since."""
