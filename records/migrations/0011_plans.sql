-- Working alerts off: whom to tell and when, how far an alert has got on that way, who is on duty, and neighbours who go.

CREATE TABLE escalation_plan (
    id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area_id   integer REFERENCES area, -- where it holds, and below; NULL: everywhere. The nearest wins
    class     text NOT NULL CHECK (class IN ('personal', 'environmental', 'technical')),
    priority  text NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
    steps     jsonb NOT NULL, -- [{"after": 60, "whom": "station", "repeat": 0, "wait": 0}], times in seconds
    UNIQUE NULLS NOT DISTINCT (area_id, class, priority)
);

-- Minute 1 and minute 3 are the answer targets of the telecare service standard; the other times are assumptions.
INSERT INTO escalation_plan (class, priority, steps)
SELECT class, 'high',
       '[{"after": 0, "whom": "seat", "repeat": 2, "wait": 20},
         {"after": 0, "whom": "family", "repeat": 2, "wait": 60},
         {"after": 60, "whom": "supervisor"},
         {"after": 60, "whom": "neighbour"},
         {"after": 180, "whom": "station"},
         {"after": 300, "whom": "street"},
         {"after": 600, "whom": "county"},
         {"after": 900, "whom": "supervisor"}]'::jsonb
  FROM unnest(ARRAY['personal', 'environmental']) AS class
UNION ALL
SELECT class, 'medium',
       '[{"after": 0, "whom": "seat", "repeat": 2, "wait": 60},
         {"after": 180, "whom": "family", "repeat": 2, "wait": 300},
         {"after": 300, "whom": "station"},
         {"after": 900, "whom": "street"},
         {"after": 1800, "whom": "county"},
         {"after": 3600, "whom": "supervisor"}]'
  FROM unnest(ARRAY['personal', 'environmental']) AS class
UNION ALL
SELECT class, 'low',
       '[{"after": 0, "whom": "seat", "repeat": 1, "wait": 1800},
         {"after": 3600, "whom": "station"},
         {"after": 14400, "whom": "supervisor"}]'
  FROM unnest(ARRAY['personal', 'environmental']) AS class
UNION ALL
VALUES ('technical', 'high',
        '[{"after": 0, "whom": "seat", "repeat": 2, "wait": 60}, {"after": 180, "whom": "supervisor"}]'::jsonb),
       ('technical', 'medium',
        '[{"after": 0, "whom": "seat", "repeat": 1, "wait": 900},
          {"after": 3600, "whom": "station"},
          {"after": 14400, "whom": "supervisor"}]'),
       ('technical', 'low',
        '[{"after": 0, "whom": "seat"}, {"after": 14400, "whom": "station"}, {"after": 28800, "whom": "supervisor"}]');

ALTER TABLE alert
    ADD COLUMN case_id           uuid, -- what happens in one home together has the id of its first alert
    ADD COLUMN raised_at         timestamptz, -- since when it waits for an answer
    ADD COLUMN phase_at          timestamptz, -- since when it is in this phase
    ADD COLUMN touched_at        timestamptz, -- when a person last did something to it
    ADD COLUMN told_at           timestamptz, -- when somebody was last told
    ADD COLUMN again             integer NOT NULL DEFAULT 0, -- how often a silent phase or a plan at its end was told
    ADD COLUMN ahead             interval NOT NULL DEFAULT '0', -- by how much its plan runs ahead: nobody was on duty
    ADD COLUMN deeds             integer NOT NULL DEFAULT 0, -- numbers what the platform did by itself; never starts anew
    ADD COLUMN spoke             boolean NOT NULL DEFAULT false, -- somebody has spoken with the resident
    ADD COLUMN no_reply          integer NOT NULL DEFAULT 0, -- attempts to reach somebody that failed
    ADD COLUMN dispatched_at     timestamptz,
    ADD COLUMN dispatched_to     text, -- who is on the way, in words
    ADD COLUMN responder_id      uuid REFERENCES account, -- and their account where they have one
    ADD COLUMN expected_at       timestamptz,
    ADD COLUMN arrived_at        timestamptz,
    ADD COLUMN seen_at           timestamptz,
    ADD COLUMN shelved_until     timestamptz,
    ADD COLUMN shelved_by        uuid REFERENCES account,
    ADD COLUMN shelved_why       text,
    ADD COLUMN close_asked_by    uuid REFERENCES account, -- wants to close it without a visit; a second person decides
    ADD COLUMN close_asked       jsonb,
    ADD CHECK (priority <> 'high' OR shelved_until IS NULL);

UPDATE alert SET raised_at = opened_at, phase_at = coalesce(closed_at, answered_at, opened_at),
                 touched_at = coalesce(closed_at, answered_at, opened_at), case_id = id,
                 due_at = CASE WHEN phase <> 'closed' THEN opened_at END;
ALTER TABLE alert ALTER COLUMN raised_at SET NOT NULL,
                  ALTER COLUMN phase_at SET NOT NULL,
                  ALTER COLUMN touched_at SET NOT NULL;
CREATE INDEX ON alert (case_id);

-- Shifts. Whoever has swapped or handed over is told apart in duty_log.
CREATE TABLE duty (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES account,
    level       text NOT NULL CHECK (level IN ('seat', 'station', 'street', 'county', 'supervisor')),
    area_id     integer REFERENCES area, -- for this area and all below it; NULL: everywhere
    starts      timestamptz NOT NULL,
    ends        timestamptz NOT NULL CHECK (ends > starts),
    ended_at    timestamptz -- struck off before its end
);
CREATE INDEX ON duty (ends);

CREATE TABLE duty_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    duty_id     uuid NOT NULL REFERENCES duty,
    at          timestamptz NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('added', 'swapped', 'struck', 'handed_over', 'taken_over')),
    account_id  uuid NOT NULL REFERENCES account, -- who did it
    other_id    uuid REFERENCES account, -- who had the shift before, or takes over
    note        text NOT NULL DEFAULT ''
);
CREATE INDEX ON duty_log (duty_id, id);

-- 睦邻伙伴: which neighbours may be asked to go to whom.
CREATE TABLE partner (
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    account_id   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    PRIMARY KEY (resident_id, account_id)
);

CREATE TABLE responder_offer (
    id           uuid PRIMARY KEY,
    alert_id     uuid NOT NULL REFERENCES alert,
    account_id   uuid NOT NULL REFERENCES account,
    state        text NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'taken', 'ended')),
    offered_at   timestamptz NOT NULL,
    answered_at  timestamptz,
    UNIQUE (alert_id, account_id)
);
CREATE UNIQUE INDEX responder_offer_one ON responder_offer (alert_id) WHERE state = 'accepted';
CREATE INDEX ON responder_offer (account_id, offered_at);

-- 爱心时间银行: the time that a neighbour gave.
CREATE TABLE credit (
    offer_id     uuid PRIMARY KEY REFERENCES responder_offer,
    account_id   uuid NOT NULL REFERENCES account,
    minutes      integer NOT NULL CHECK (minutes > 0),
    credited_at  timestamptz NOT NULL
);
CREATE INDEX ON credit (account_id);
