-- Who is covered, by what, and since when; which devices are lost, and what took many of them at once.

-- When a lane did not hear anything although devices may have spoken: written by its worker when it is back.
CREATE TABLE lane_gap (
    lane   text NOT NULL,
    since  timestamptz NOT NULL,
    until  timestamptz NOT NULL CHECK (until >= since),
    PRIMARY KEY (lane, since)
);
CREATE INDEX ON lane_gap (until);

-- What took many devices at once. While it lasts, what did not happen to the people behind it is not judged.
CREATE TABLE outage (
    id          uuid PRIMARY KEY,
    cause       text NOT NULL CHECK (cause IN ('gateway', 'home', 'area', 'vendor', 'platform')),
    subject     text NOT NULL, -- of its alert: device:ID, home:ID, area:ID, vendor:NAME, platform
    began_at    timestamptz NOT NULL, -- when the first of its devices was last heard
    noticed_at  timestamptz NOT NULL,
    tell_at     timestamptz, -- when its alert opens; NULL: it has
    back_at     timestamptz, -- since when nearly all of its devices are heard again
    ended_at    timestamptz,
    folded_into uuid REFERENCES outage
);
CREATE UNIQUE INDEX outage_one_open ON outage (subject) WHERE ended_at IS NULL;

-- How each device is supervised; the sweep claims what is due, and looks at nothing else.
CREATE TABLE device_watch (
    device_id   integer PRIMARY KEY REFERENCES device ON DELETE CASCADE,
    due_at      timestamptz NOT NULL, -- when it is silent unless it is heard before; infinity while it is lost
    condition   text NOT NULL DEFAULT 'unheard' CHECK (condition IN ('unheard', 'well', 'silent', 'offline')),
    since       timestamptz, -- since when it is so
    heard_at    timestamptz, -- while it is lost: when it was last heard
    tell_at     timestamptz, -- when its loss is told as one of its own; NULL: never, or it is told already
    told        boolean NOT NULL DEFAULT false, -- it has an open alert of its own
    back_at     timestamptz, -- heard again since then, which is not told before it has lasted
    low         boolean NOT NULL DEFAULT false,
    fault       text, -- sensor_fault or tamper
    fault_at    timestamptz,
    outage_id   uuid REFERENCES outage,
    moved       boolean NOT NULL DEFAULT false -- out of use, or in other hands: what was told of it holds no more
) WITH (fillfactor = 50);
CREATE INDEX device_watch_due ON device_watch (due_at);
CREATE INDEX device_watch_lost ON device_watch (device_id) WHERE condition IN ('silent', 'offline');
CREATE INDEX device_watch_tell ON device_watch (tell_at) WHERE tell_at IS NOT NULL;
CREATE INDEX device_watch_back ON device_watch (back_at) WHERE back_at IS NOT NULL;
CREATE INDEX device_watch_low ON device_watch (device_id) WHERE low;
CREATE INDEX device_watch_fault ON device_watch (fault_at) WHERE fault IS NOT NULL;
CREATE INDEX device_watch_moved ON device_watch (device_id) WHERE moved;
CREATE INDEX device_watch_outage ON device_watch (outage_id) WHERE outage_id IS NOT NULL;
-- The few that say goodbye or need a battery; 20 is care.devices.LOW_BATTERY.
CREATE INDEX device_state_offline ON device_state (device_id) WHERE NOT online;
CREATE INDEX device_state_low ON device_state (device_id) WHERE battery <= 20;
CREATE INDEX device_parent ON device (parent_id) WHERE parent_id IS NOT NULL;

-- The people whose devices have changed hands: their coverage is looked at by the next sweep.
CREATE TABLE coverage_due (resident_id uuid PRIMARY KEY REFERENCES resident ON DELETE CASCADE);

CREATE FUNCTION watch_new_devices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO device_watch (device_id, due_at) SELECT id, '-infinity' FROM fresh ORDER BY id ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER device_watched AFTER INSERT ON device REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION watch_new_devices();

CREATE FUNCTION watch_changed_devices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE device_watch SET due_at = '-infinity', moved = moved OR fresh.state <> 'registered'
      FROM fresh WHERE device_id = fresh.id;
    INSERT INTO coverage_due
    SELECT DISTINCT resident_id FROM binding JOIN fresh ON fresh.id = device_id WHERE valid_to IS NULL ORDER BY 1
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER device_changed AFTER UPDATE ON device REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION watch_changed_devices();

CREATE FUNCTION cover_bound_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO coverage_due SELECT DISTINCT resident_id FROM fresh ORDER BY 1 ON CONFLICT DO NOTHING;
    UPDATE device_watch w SET moved = true
      FROM fresh
     WHERE w.device_id = fresh.device_id AND NOT w.moved
       AND (w.outage_id IS NOT NULL
            OR EXISTS (SELECT FROM alert WHERE subject = 'device:' || fresh.device_id AND phase <> 'closed'));
    RETURN NULL;
END $$;
CREATE TRIGGER binding_made AFTER INSERT ON binding REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION cover_bound_people();
CREATE TRIGGER binding_ended AFTER UPDATE ON binding REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION cover_bound_people();

INSERT INTO device_watch (device_id, due_at) SELECT id, '-infinity' FROM device;
INSERT INTO coverage_due SELECT DISTINCT resident_id FROM binding;

-- How well each person who has devices is covered; who has no row has no device.
CREATE TABLE coverage (
    resident_id  uuid PRIMARY KEY REFERENCES resident ON DELETE CASCADE,
    state        text NOT NULL CHECK (state IN ('armed', 'degraded', 'blind')),
    reasons      jsonb NOT NULL,
    since        timestamptz NOT NULL, -- since when it is this state
    visit_asked  timestamptz -- somebody has been asked to go there because nothing is known
) WITH (fillfactor = 50);
CREATE INDEX coverage_blind ON coverage (since) WHERE state = 'blind';
CREATE INDEX coverage_visit_asked ON coverage (resident_id) WHERE visit_asked IS NOT NULL;

-- Every change of it, kept: how well was she covered at that time?
CREATE TABLE coverage_change (
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    at           timestamptz NOT NULL,
    state        text NOT NULL,
    reasons      jsonb NOT NULL,
    PRIMARY KEY (resident_id, at)
);

-- The people behind an outage: what did not happen to them is judged when it is over and what was buffered has come.
CREATE TABLE held (
    resident_id  uuid PRIMARY KEY REFERENCES resident ON DELETE CASCADE,
    outage_id    uuid NOT NULL REFERENCES outage,
    since        timestamptz NOT NULL,
    back_at      timestamptz, -- since when all of their devices in it are heard again
    look_at      timestamptz -- when to see whether anything buffered still comes
);
CREATE INDEX ON held (outage_id);

-- What could not be judged of them meanwhile, by rule: judged as soon as nothing holds them, high priority (1) first.
CREATE TABLE held_judgement (
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    rule         text NOT NULL,
    rank         integer NOT NULL,
    since        timestamptz NOT NULL,
    due_at       timestamptz NOT NULL, -- not before; an outage may hold it much longer
    PRIMARY KEY (resident_id, rule)
);

-- Somebody works on a device or in a home: what is lost then is nobody's alarm.
CREATE TABLE maintenance (
    id          uuid PRIMARY KEY,
    device_id   integer REFERENCES device ON DELETE CASCADE,
    home_id     uuid REFERENCES home ON DELETE CASCADE,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL CHECK (ends_at > starts_at),
    why         text NOT NULL CHECK (why <> ''),
    account_id  uuid REFERENCES account,
    made_at     timestamptz NOT NULL,
    seen_start  boolean NOT NULL DEFAULT false, -- the sweep has taken note of its beginning
    seen_end    boolean NOT NULL DEFAULT false,
    CHECK (num_nonnulls(device_id, home_id) = 1)
);
CREATE INDEX ON maintenance (device_id) WHERE device_id IS NOT NULL;
CREATE INDEX ON maintenance (home_id) WHERE home_id IS NOT NULL;
CREATE INDEX ON maintenance (starts_at) WHERE NOT (seen_start AND seen_end);

-- The numbers of changes (0002) are given at the very end of a transaction: whoever holds the one counter waits for nothing
-- else then. A sweep over many alerts and a person who answers one of them never wait for one another.
CREATE TABLE change_unnumbered (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    kind      text NOT NULL,
    alert_id  uuid NOT NULL,
    facts     jsonb NOT NULL
);

CREATE FUNCTION number_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given bigint;
BEGIN
    UPDATE change_counter SET number = number + 1 RETURNING number INTO given;
    INSERT INTO change (number, at, kind, alert_id, facts) VALUES (given, NEW.at, NEW.kind, NEW.alert_id, NEW.facts);
    DELETE FROM change_unnumbered WHERE id = NEW.id;
    PERFORM pg_notify('change', given::text);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER change_numbered AFTER INSERT ON change_unnumbered DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION number_change();
