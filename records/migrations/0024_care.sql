-- Around one resident: a plan of check-ins rests for a while, and an address is tried before it is needed.

-- Nobody is expected in a window that closes while its plan rests; a pause always has an end, so that nobody is forgotten.
ALTER TABLE check_in_plan
    ADD COLUMN paused_from   timestamptz,
    ADD COLUMN paused_until  timestamptz,
    ADD COLUMN paused_why    text NOT NULL DEFAULT '',
    ADD COLUMN paused_by     uuid REFERENCES account,
    ADD CONSTRAINT check_in_plan_pause
        CHECK ((paused_from IS NULL) = (paused_until IS NULL) AND (paused_from IS NULL OR paused_why <> ''));

-- Who told us that somebody goes away, in words: the daughter, by telephone.
ALTER TABLE absence ADD COLUMN told_by text NOT NULL DEFAULT '';

-- A trial of one address is a notice too.
ALTER TABLE notice
    ADD COLUMN reach_id bigint REFERENCES reach ON DELETE CASCADE,
    DROP CONSTRAINT notice_check,
    ADD CONSTRAINT notice_check CHECK (num_nonnulls(alert_id, canary_id, check_in_id, reach_id) = 1);
CREATE INDEX ON notice (reach_id) WHERE reach_id IS NOT NULL;
