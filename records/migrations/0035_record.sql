-- What those who care for somebody must know: the health card, assessments, the care plan, the way into the home, documents;
-- and that all of one person can be taken out, and deleted.

-- One line of a health card. It is changed by ending it and writing another one, so that every version stays.
CREATE TABLE health_entry (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('condition', 'allergy', 'medicine', 'aid', 'blood_group', 'doctor', 'hospital')),
    text         text NOT NULL CHECK (text <> ''),
    note         text NOT NULL DEFAULT '', -- the dose, the reaction, the telephone number
    entered_by   uuid REFERENCES account, -- NULL: from the machine itself
    entered_at   timestamptz NOT NULL,
    replaces_id  uuid REFERENCES health_entry ON DELETE CASCADE,
    ended_by     uuid REFERENCES account,
    ended_at     timestamptz CHECK (ended_at >= entered_at)
);
CREATE INDEX ON health_entry (resident_id);
CREATE INDEX ON health_entry (replaces_id) WHERE replaces_id IS NOT NULL;
CREATE UNIQUE INDEX health_entry_only_one ON health_entry (resident_id, kind)
    WHERE ended_at IS NULL AND kind IN ('blood_group', 'doctor', 'hospital');

-- GB/T 42195-2022: 0 to 100; the level follows from the score (care/assessments.py).
CREATE TABLE assessment (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    day          date NOT NULL,
    score        smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
    assessor     text NOT NULL CHECK (assessor <> ''),
    note         text NOT NULL DEFAULT '',
    entered_by   uuid REFERENCES account,
    entered_at   timestamptz NOT NULL,
    ended_by     uuid REFERENCES account, -- entered by mistake
    ended_at     timestamptz
);
CREATE INDEX ON assessment (resident_id, day);

CREATE TABLE care_item (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('goal', 'service')),
    text         text NOT NULL CHECK (text <> ''),
    who          text NOT NULL DEFAULT '', -- who does it
    how_often    text NOT NULL DEFAULT '', -- in words: Tuesdays and Fridays
    starts       date NOT NULL,
    ends         date CHECK (ends >= starts),
    entered_by   uuid REFERENCES account,
    entered_at   timestamptz NOT NULL,
    ended_by     uuid REFERENCES account,
    ended_at     timestamptz,
    outcome      text NOT NULL DEFAULT '' -- what became of it
);
CREATE INDEX ON care_item (resident_id);

-- How one gets into a home: the newest row holds, the others stay. It is of the home, and stays there when somebody moves.
CREATE TABLE way_in (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    home_id      uuid NOT NULL REFERENCES home ON DELETE CASCADE,
    key_place    text NOT NULL DEFAULT '',
    door_code    text NOT NULL DEFAULT '',
    stairs       text NOT NULL DEFAULT '', -- lift, floor, what a stretcher needs
    dog          text NOT NULL DEFAULT '',
    note         text NOT NULL DEFAULT '',
    entered_by   uuid REFERENCES account,
    entered_at   timestamptz NOT NULL
);
CREATE INDEX ON way_in (home_id, id);

CREATE TABLE document (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    name         text NOT NULL CHECK (name <> ''),
    media_type   text NOT NULL CHECK (media_type IN ('application/pdf', 'image/jpeg', 'image/png')),
    size         integer NOT NULL CHECK (size BETWEEN 1 AND 5 * 1024 * 1024),
    sha256       bytea NOT NULL CHECK (length(sha256) = 32),
    content      bytea NOT NULL,
    entered_by   uuid REFERENCES account,
    entered_at   timestamptz NOT NULL,
    UNIQUE (resident_id, sha256)
);
ALTER TABLE document ALTER COLUMN content SET STORAGE EXTERNAL; -- packed already

-- Somebody wants all that is stored of a resident: written by a worker, piece by piece, kept for some days.
CREATE TABLE export_wish (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    asked_by     uuid REFERENCES account,
    asked_at     timestamptz NOT NULL,
    due_at       timestamptz, -- when it is begun, or begun anew where its worker is silent; NULL: it is over
    parts        integer, -- how many parts it has; NULL: not begun
    done         integer NOT NULL DEFAULT 0,
    bytes        bigint NOT NULL DEFAULT 0,
    ended_at     timestamptz,
    problem      text
);
CREATE INDEX ON export_wish (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ON export_wish (resident_id, asked_at);
CREATE TABLE export_piece (
    wish_id  uuid NOT NULL REFERENCES export_wish ON DELETE CASCADE,
    number   integer NOT NULL,
    content  bytea NOT NULL,
    PRIMARY KEY (wish_id, number)
);
ALTER TABLE export_piece ALTER COLUMN content SET STORAGE EXTERNAL;

-- Everything of one person is to be deleted: one asks, another one confirms, a worker does it. What stays is this row, which
-- says no more who it was.
CREATE TABLE deletion (
    id            uuid PRIMARY KEY,
    resident_id   uuid REFERENCES resident ON DELETE SET NULL,
    area_id       integer REFERENCES area, -- where it was
    why           text NOT NULL CHECK (why IN ('wish', 'death', 'moved_away', 'entered_by_mistake')),
    asked_by      uuid REFERENCES account,
    asked_user    text NOT NULL DEFAULT '', -- on the machine itself, where it was no account
    asked_at      timestamptz NOT NULL,
    confirmed_by  uuid REFERENCES account,
    confirmed_user text NOT NULL DEFAULT '',
    confirmed_at  timestamptz,
    refused_by    uuid REFERENCES account,
    refused_at    timestamptz,
    due_at        timestamptz, -- when it is begun, or begun anew
    ended_at      timestamptz,
    problem       text,
    counts        jsonb, -- by table: what was deleted, and what was kept without a person
    CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL AND confirmed_user = '')),
    CHECK (confirmed_by IS DISTINCT FROM asked_by OR confirmed_by IS NULL),
    CHECK (confirmed_at IS NULL OR refused_at IS NULL)
);
CREATE UNIQUE INDEX deletion_one_open ON deletion (resident_id) WHERE ended_at IS NULL AND refused_at IS NULL;
CREATE INDEX ON deletion (due_at) WHERE due_at IS NOT NULL;

-- The audit log stays as it is, but for one thing: whom it was about is taken out when that person is deleted by two others.
CREATE FUNCTION refuse_rewriting_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.at, NEW.account_id, NEW.action, NEW.by_user) IS NOT DISTINCT FROM (OLD.id, OLD.at, OLD.account_id, OLD.action, OLD.by_user)
       AND NEW.resident_id IS NULL AND NEW.subject = '' AND NEW.reason = ''
       AND EXISTS (SELECT FROM deletion
                    WHERE id = nullif(current_setting('ankang.deletion', true), '')::uuid
                      AND confirmed_at IS NOT NULL AND ended_at IS NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what is in the audit log stays as it is';
END $$;
DROP TRIGGER audit_only_grows ON audit;
CREATE TRIGGER audit_only_grows BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting_but_forgetting();
