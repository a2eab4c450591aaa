-- What happens: events, the state of devices, signals, alerts and their log, quarantine, and how far each lane has got.

-- An event is known by device, id and the time that the device stated, so that a counter that restarts swallows nothing.
-- Where no time could be read, stated_time is the ten minutes in which it was received.
CREATE TABLE event (
    device_id      integer NOT NULL REFERENCES device,
    id             text NOT NULL,
    stated_time    timestamptz NOT NULL,
    time           timestamptz NOT NULL, -- when it is judged to have been so
    received_at    timestamptz NOT NULL,
    name           text NOT NULL,
    data           jsonb NOT NULL DEFAULT '{}',
    clock_problem  text, -- why the stated time was not believed
    PRIMARY KEY (device_id, id, stated_time)
);
CREATE INDEX ON event (device_id, time);
CREATE INDEX ON event USING brin (received_at);

CREATE TABLE reply (
    device_id    integer NOT NULL REFERENCES device,
    id           text NOT NULL,
    received_at  timestamptz NOT NULL,
    ok           boolean NOT NULL,
    data         jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (device_id, id)
);

-- Written often, one row a device: room on the page keeps the updates there.
CREATE TABLE device_state (
    device_id       integer PRIMARY KEY REFERENCES device,
    last_seen       timestamptz,
    online          boolean,
    battery         real, -- %
    rssi            real, -- dBm
    firmware        text,
    status_time     timestamptz,
    unknown_fields  bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE watermark (
    lane        text PRIMARY KEY,
    through     timestamptz NOT NULL, -- everything received before this is stored
    messages    bigint NOT NULL,
    updated_at  timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE lane_session (
    client_id  text PRIMARY KEY,
    since      timestamptz NOT NULL, -- when this durable session was made
    ready_at   timestamptz NOT NULL, -- when its worker last knew it to be whole
    lost_at    timestamptz -- when it was found gone, and what waited in it with it
) WITH (fillfactor = 50);

-- The few of all messages that may matter: written by ingest with the message, judged by alerts.
CREATE TABLE signal (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule         text NOT NULL,
    device_id    integer NOT NULL REFERENCES device,
    time         timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    evidence     jsonb NOT NULL,
    handled_at   timestamptz
);
CREATE INDEX signal_waiting ON signal (id) WHERE handled_at IS NULL;
CREATE INDEX ON signal USING brin (received_at);

CREATE TABLE alert (
    id            uuid PRIMARY KEY,
    rule          text NOT NULL,
    rule_version  integer NOT NULL,
    class         text NOT NULL CHECK (class IN ('personal', 'environmental', 'technical')),
    priority      text NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
    subject       text NOT NULL, -- whom or what it is about; one open alert for each subject and rule
    resident_id   uuid REFERENCES resident,
    device_id     integer REFERENCES device,
    phase         text NOT NULL,
    active        boolean NOT NULL DEFAULT true,
    latched       boolean NOT NULL,
    drill         boolean NOT NULL DEFAULT false,
    delayed       boolean NOT NULL DEFAULT false, -- it came late
    unclaimed     boolean NOT NULL DEFAULT false, -- from a device that nobody has claimed
    happened_at   timestamptz NOT NULL,
    opened_at     timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,
    occurrences   integer NOT NULL DEFAULT 1,
    evidence      jsonb NOT NULL, -- the limit in force and the readings that tripped it
    due_at        timestamptz, -- the next deadline
    answered_by   uuid REFERENCES account,
    answered_at   timestamptz,
    closed_by     uuid REFERENCES account,
    closed_at     timestamptz,
    outcome       text,
    note          text NOT NULL DEFAULT '',
    CHECK ((phase = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((phase = 'closed') = (outcome IS NOT NULL))
);
CREATE UNIQUE INDEX alert_one_open ON alert (subject, rule) WHERE phase <> 'closed';
CREATE INDEX alert_open ON alert (opened_at) WHERE phase <> 'closed';
CREATE INDEX ON alert (resident_id, opened_at);
CREATE INDEX ON alert (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE alert_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id    uuid NOT NULL REFERENCES alert,
    at          timestamptz NOT NULL,
    kind        text NOT NULL, -- opened, occurrence, or the step that a person took
    account_id  uuid REFERENCES account,
    signal_id   bigint REFERENCES signal,
    detail      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ON alert_log (alert_id, at);

-- What the live pages hear, numbered without gaps in the order of commit: the one counter row serialises the writers.
CREATE TABLE change (
    number    bigint PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    kind      text NOT NULL,
    alert_id  uuid NOT NULL REFERENCES alert,
    facts     jsonb NOT NULL -- of the alert as it was then, without any name
);
CREATE TABLE change_counter (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    number    bigint NOT NULL
);
INSERT INTO change_counter (number) VALUES (0);

-- One row for each different bad message; a repeat is counted, not kept again.
CREATE TABLE quarantine (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest       bytea NOT NULL UNIQUE, -- SHA-256 of topic, payload, field and reason
    vendor       text,
    device       text,
    device_id    integer REFERENCES device,
    topic        text NOT NULL,
    field        text NOT NULL,
    reason       text NOT NULL,
    part         text, -- what was refused of it; NULL: all
    payload      bytea NOT NULL, -- at most 64 KiB are kept
    first_at     timestamptz NOT NULL,
    last_at      timestamptz NOT NULL,
    times        bigint NOT NULL DEFAULT 1
);
CREATE INDEX ON quarantine (vendor, device, last_at);
CREATE INDEX ON quarantine (last_at);

CREATE TABLE part (
    name     text PRIMARY KEY,
    status   text NOT NULL CHECK (status IN ('ok', 'degraded', 'down')),
    detail   text NOT NULL DEFAULT '',
    seen_at  timestamptz NOT NULL
) WITH (fillfactor = 50);
