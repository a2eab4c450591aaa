-- At the seat: what made a false alarm one, since when something is shelved, who refused to close it without a visit;
-- and back-tests that somebody asked for on the page of the rules.

ALTER TABLE alert
    ADD COLUMN false_cause   text CHECK (false_cause IS NULL OR outcome = 'false_alarm'),
    ADD COLUMN shelved_at    timestamptz,
    ADD COLUMN close_refused jsonb; -- by, why, at; until the next step

UPDATE alert SET shelved_at = touched_at WHERE shelved_until IS NOT NULL;

-- A back-test that was asked for: it is claimed by one worker, which says how far it has got; its result is rule_backtest's.
CREATE TABLE backtest_wish (
    id           uuid PRIMARY KEY,
    rule         text NOT NULL,
    area_id      integer REFERENCES area,
    resident_id  uuid REFERENCES resident ON DELETE CASCADE,
    values       jsonb NOT NULL, -- all that the place would set
    enabled      boolean,
    since        timestamptz NOT NULL,
    until        timestamptz NOT NULL CHECK (until > since),
    asked_by     uuid NOT NULL REFERENCES account,
    asked_at     timestamptz NOT NULL,
    due_at       timestamptz, -- when it is begun, or begun anew where its worker is silent; NULL: it is over
    people       integer, -- how many have to be judged again; NULL: not begun
    done         integer NOT NULL DEFAULT 0,
    problem      text, -- why there is no result
    backtest_id  uuid REFERENCES rule_backtest,
    CHECK (num_nonnulls(area_id, resident_id) <= 1)
);
CREATE INDEX ON backtest_wish (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ON backtest_wish (rule, asked_at);
