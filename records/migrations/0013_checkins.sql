-- Check-ins and visits: who is expected to give a sign of life when, what became of it, who was visited by whom with what
-- proof, and who has still to be visited.

-- Days on which nobody works, and days on a weekend on which everybody does (调休).
CREATE TABLE holiday (
    day    date PRIMARY KEY,
    name   text NOT NULL CHECK (name <> ''),
    works  boolean NOT NULL DEFAULT false
);

CREATE TABLE check_in_plan (
    id               uuid PRIMARY KEY,
    resident_id      uuid NOT NULL REFERENCES resident,
    cron             text NOT NULL, -- when the window opens, in local time
    zone             text NOT NULL DEFAULT 'Asia/Shanghai',
    window_length    interval NOT NULL CHECK (window_length > interval '0'),
    grace            interval CHECK (grace >= interval '0'), -- NULL: the rule's limit in force
    on_holidays      boolean NOT NULL DEFAULT true, -- expected on public holidays too
    made_by          uuid REFERENCES account,
    made_at          timestamptz NOT NULL,
    ended_at         timestamptz, -- a plan that has ended stays: it says why nobody was expected
    planned_through  timestamptz NOT NULL -- every window that opens before this has its row
);
CREATE INDEX ON check_in_plan (resident_id);
CREATE INDEX check_in_plan_ahead ON check_in_plan (planned_through) WHERE ended_at IS NULL;

-- One sign of life that is expected, with the lengths of its plan as they were.
CREATE TABLE check_in (
    id              uuid PRIMARY KEY,
    plan_id         uuid NOT NULL REFERENCES check_in_plan,
    resident_id     uuid NOT NULL REFERENCES resident,
    opens_at        timestamptz NOT NULL,
    closes_at       timestamptz NOT NULL,
    grace           interval,
    state           text NOT NULL DEFAULT 'due'
                    CHECK (state IN ('due', 'late', 'tried', 'with_contacts', 'missed', 'done', 'excused')),
    tries           integer NOT NULL DEFAULT 0, -- how often the resident was told
    contacts_told   integer NOT NULL DEFAULT 0,
    due_at          timestamptz, -- when it is to be judged again; NULL: it is over
    settled_at      timestamptz,
    evidence        jsonb, -- what showed that all is well
    why             text NOT NULL DEFAULT '', -- why it was excused
    alert_id        uuid REFERENCES alert,
    UNIQUE (plan_id, opens_at),
    CHECK ((state IN ('done', 'excused')) = (settled_at IS NOT NULL)),
    CHECK (state <> 'done' OR evidence IS NOT NULL),
    CHECK (state <> 'excused' OR why <> '')
);
CREATE INDEX check_in_due ON check_in (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ON check_in (resident_id, opens_at);
CREATE INDEX ON check_in (opens_at);
CREATE INDEX ON check_in (alert_id) WHERE alert_id IS NOT NULL;

-- Every step of a check-in, and what was seen of it then. Only ever added to.
CREATE TABLE check_in_log (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    check_in_id  uuid NOT NULL REFERENCES check_in ON DELETE CASCADE,
    at           timestamptz NOT NULL,
    kind         text NOT NULL, -- late, tried, with_contacts, missed, done, excused
    account_id   uuid REFERENCES account,
    detail       jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ON check_in_log (check_in_id);

-- A try and a question to a contact are notices too; `about` names the check-in, so that none is told twice.
ALTER TABLE notice DROP CONSTRAINT notice_check,
                   ADD COLUMN check_in_id uuid REFERENCES check_in,
                   ADD CHECK (num_nonnulls(alert_id, canary_id, check_in_id) = 1);
CREATE INDEX ON notice (check_in_id) WHERE check_in_id IS NOT NULL;

CREATE INDEX event_check_in ON event (received_at) WHERE name = 'check_in';

-- What proves that somebody stood in this home: a printed code that hangs there, and where it is.
CREATE TABLE home_proof (
    home_id      uuid PRIMARY KEY REFERENCES home,
    code_sha256  bytea CHECK (length(code_sha256) = 32),
    latitude     double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude    double precision CHECK (longitude BETWEEN -180 AND 180),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);

CREATE TABLE visit (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident,
    kind         text NOT NULL CHECK (kind IN ('phone', 'video', 'door')),
    at           timestamptz NOT NULL,
    reached      boolean NOT NULL, -- spoken to, or seen
    proof        text CHECK (proof IN ('button', 'code', 'place')), -- how it is known that somebody was there
    counts       boolean NOT NULL, -- as a visit in the figures: reached, and at the door with proof
    note         text NOT NULL DEFAULT '',
    account_id   uuid NOT NULL REFERENCES account,
    recorded_at  timestamptz NOT NULL
);
CREATE INDEX ON visit (resident_id, at);

-- How often somebody has to be visited. Whoever has no row is at low risk since the records know them.
CREATE TABLE visit_duty (
    resident_id  uuid PRIMARY KEY REFERENCES resident,
    risk         text NOT NULL CHECK (risk IN ('high', 'medium', 'low')),
    since        timestamptz NOT NULL,
    set_by       uuid REFERENCES account,
    reason       text NOT NULL DEFAULT ''
);

CREATE TABLE visit_task (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident,
    why          text NOT NULL CHECK (why <> ''),
    asked_at     timestamptz NOT NULL,
    by_when      timestamptz NOT NULL,
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'not_needed')),
    visit_id     uuid REFERENCES visit,
    settled_at   timestamptz,
    CHECK ((state = 'open') = (settled_at IS NULL)),
    CHECK ((state = 'done') = (visit_id IS NOT NULL))
);
CREATE UNIQUE INDEX visit_task_one_open ON visit_task (resident_id, why) WHERE state = 'open';
CREATE INDEX visit_task_open ON visit_task (by_when, id) WHERE state = 'open';
CREATE INDEX ON visit_task (resident_id, asked_at);
