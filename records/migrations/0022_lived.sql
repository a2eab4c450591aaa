-- Hours without any quiet teach too: of each day the half hours (0 to 47, by the clock on the wall) that were heard from
-- end to end without a quiet that teaches. Days that were learned before have none: within a week new ones say enough.
ALTER TABLE habit_day ADD COLUMN lived smallint[] NOT NULL DEFAULT '{}';
