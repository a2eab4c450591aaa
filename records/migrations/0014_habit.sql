-- Silence and habit: who is known to be away, what was learned of whom, and when somebody's quiet is to be judged next.

CREATE TABLE absence (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident,
    kind         text NOT NULL CHECK (kind IN ('away', 'hospital', 'holiday')),
    valid_from   timestamptz NOT NULL,
    valid_to     timestamptz NOT NULL CHECK (valid_to > valid_from), -- when the person is expected back
    entered_by   uuid REFERENCES account,
    recorded_at  timestamptz NOT NULL,
    ended_at     timestamptz, -- back earlier, or withdrawn before it began
    ended_by     uuid REFERENCES account,
    CHECK (ended_by IS NULL OR ended_at IS NOT NULL)
);
CREATE INDEX ON absence (resident_id, valid_from);

-- What a resident's own days have taught; learned anew every night.
CREATE TABLE habit (
    resident_id  uuid PRIMARY KEY REFERENCES resident,
    model        jsonb NOT NULL,
    days         integer NOT NULL, -- how many taught it
    learned_at   timestamptz NOT NULL
);

-- When the quiet around somebody is judged next, and what is known of it. One row for everybody with a device.
CREATE TABLE silence_due (
    resident_id  uuid PRIMARY KEY REFERENCES resident,
    due_at       timestamptz NOT NULL,
    learn_at     timestamptz NOT NULL,
    since        timestamptz NOT NULL, -- the last sign of life that the records knew then, or when the row was made
    raised       timestamptz -- the beginning of the quiet for which an alert was raised
) WITH (fillfactor = 50);
CREATE INDEX ON silence_due (due_at);
CREATE INDEX ON silence_due (learn_at);
