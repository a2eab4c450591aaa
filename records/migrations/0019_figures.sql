-- Figures: why a target was missed, the model of a device, and what reading a month of a city needs. Check-ins: that the
-- care circle says that all is well.

-- What a person says of a target that was missed: each miss wants a reason.
CREATE TABLE miss_reason (
    alert_id    uuid NOT NULL REFERENCES alert,
    target      text NOT NULL CHECK (target IN ('answered', 'door', 'technical')),
    reason      text NOT NULL CHECK (reason <> ''),
    account_id  uuid NOT NULL REFERENCES account,
    at          timestamptz NOT NULL,
    PRIMARY KEY (alert_id, target)
);

ALTER TABLE device ADD COLUMN model text NOT NULL DEFAULT ''; -- as its maker calls it

CREATE INDEX alert_opened_at ON alert (opened_at);
CREATE INDEX alert_closed_at ON alert (closed_at);
CREATE INDEX alert_log_at ON alert_log USING brin (at);

-- Its plan says whose check-in it is; looking each of 50,000 residents up once more took a third of the time.
ALTER TABLE check_in DROP CONSTRAINT check_in_resident_id_fkey;

-- Somebody of the care circle says that all is well: it meets the check-in that was open then.
CREATE TABLE confirmation (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    at           timestamptz NOT NULL, -- when they spoke with the resident, or saw them
    account_id   uuid NOT NULL REFERENCES account,
    note         text NOT NULL DEFAULT '',
    recorded_at  timestamptz NOT NULL
);
CREATE INDEX ON confirmation (resident_id, at);
