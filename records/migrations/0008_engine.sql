-- The alert engine: what an alert is about where it is about no one person, how far its plan has got, what holds it back,
-- and when each periodic task is due.

ALTER TABLE alert
    ADD COLUMN home_id        uuid REFERENCES home,
    ADD COLUMN area_id        integer REFERENCES area, -- what it is about, where that is larger than a home
    ADD COLUMN coverage       jsonb, -- how well the person was covered when it opened
    ADD COLUMN cleared_at     timestamptz, -- when its condition was gone
    ADD COLUMN suppressed_by  text, -- 'alert:…', 'maintenance:…' or 'absence:…': while that lasts nobody is called
    ADD COLUMN plan           jsonb NOT NULL DEFAULT '[]', -- whom to tell and when, as it was when it opened
    ADD COLUMN told           integer NOT NULL DEFAULT 0, -- how many steps of the plan have been taken
    ADD COLUMN due_why        text, -- what happens at due_at
    ADD COLUMN canary         boolean NOT NULL DEFAULT false; -- our own proof of life: on no board and in no figure

UPDATE alert SET home_id = resident.home_id FROM resident WHERE resident.id = alert.resident_id;

CREATE INDEX ON alert (home_id) WHERE phase <> 'closed';

-- One row for each task that only one worker at a time may do.
CREATE TABLE task (
    name    text PRIMARY KEY,
    due_at  timestamptz NOT NULL,
    ran_at  timestamptz
) WITH (fillfactor = 50);
