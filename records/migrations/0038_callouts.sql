-- What whoever went there reports: on the alert until the seat has done something about it, and in its log for ever.

ALTER TABLE alert
    ADD COLUMN report       jsonb, -- by, what, at: what was reported last
    ADD COLUMN report_asks  boolean NOT NULL DEFAULT false; -- the seat has to do something about it
CREATE INDEX ON alert (responder_id, opened_at) WHERE responder_id IS NOT NULL;
