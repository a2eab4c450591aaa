-- Habits are learned day by day: each night reads the day before only, and what was back-filled since.

-- A day on which somebody was heard. A day that has no row taught nothing.
CREATE TABLE habit_day (
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    day          date NOT NULL, -- by the clock on the wall
    quiets       jsonb NOT NULL, -- those that ended on it: start, end (seconds since 1970), what was last seen before
    after        jsonb NOT NULL, -- what was known at its end; the next day goes on from there
    PRIMARY KEY (resident_id, day)
);

-- Somebody's day of which readings came when it was over: it is learned again the next time, and what follows it.
CREATE TABLE habit_late (
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    day          date NOT NULL,
    PRIMARY KEY (resident_id, day)
);

-- Before this day everything is learned; NULL: nothing is, and the whole memory is read.
ALTER TABLE habit ADD COLUMN through date;

-- What was learned so far is kept in another shape: everything is learned anew at once.
DELETE FROM habit;
UPDATE silence_due SET learn_at = '-infinity';
