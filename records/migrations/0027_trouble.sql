-- What fails and is tried again, so that health says so until it succeeds; and changes of the roster from the machine.

-- One row for each thing (a home, a provider, an alert) with which a task of a part fails; it goes when that succeeds.
CREATE TABLE trouble (
    part     text NOT NULL, -- as in `part`
    task     text NOT NULL,
    subject  text NOT NULL, -- ids only
    error    text NOT NULL, -- its kind, never what it says
    since    timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    PRIMARY KEY (part, task, subject)
);

-- Who did it at the machine itself has no account there, but a name.
ALTER TABLE duty_log
    ALTER COLUMN account_id DROP NOT NULL,
    ADD COLUMN by_user text,
    ADD CONSTRAINT duty_log_somebody CHECK (account_id IS NOT NULL OR by_user IS NOT NULL);
