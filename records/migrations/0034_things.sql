-- Things: the second step of a login, vendors, devices in stock and on loan, aids, versions of escalation plans, and the
-- wording of messages.

-- A second step (RFC 6238). It counts once a code has confirmed it.
CREATE TABLE totp (
    account_id    uuid PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    secret        bytea NOT NULL CHECK (length(secret) = 20), -- as it is: from it the codes are reckoned
    made_at       timestamptz NOT NULL,
    confirmed_at  timestamptz,
    used_step     bigint NOT NULL DEFAULT 0 -- of the code that was used last: none opens twice, and none before it
);
CREATE TABLE recovery_code (
    account_id   uuid NOT NULL REFERENCES totp ON DELETE CASCADE,
    code_sha256  bytea NOT NULL CHECK (length(code_sha256) = 32),
    used_at      timestamptz,
    PRIMARY KEY (account_id, code_sha256)
);

-- Whose password was right and who has to say a code now; and the codes that were wrong.
CREATE UNLOGGED TABLE login_step (
    token_sha256  bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
    account_id    uuid NOT NULL,
    expires_at    timestamptz NOT NULL
);
CREATE UNLOGGED TABLE wrong_code (
    account_id  uuid NOT NULL,
    known       boolean NOT NULL, -- in a browser in which the account had logged in before
    at          timestamptz NOT NULL
);
CREATE INDEX ON wrong_code (account_id, at);

-- Vendors: whoever has a device or an account here is one.
CREATE TABLE vendor (
    name          text PRIMARY KEY CHECK (name ~ '^[a-z0-9-]{1,40}$'), -- as in its topics
    title         text NOT NULL DEFAULT '', -- as people call it
    engineer      text NOT NULL DEFAULT '', -- whom to ask there
    phone         text NOT NULL DEFAULT '',
    email         text NOT NULL DEFAULT '',
    kinds         text[], -- of which devices may be registered; NULL: of every kind
    disabled_at   timestamptz,
    disabled_why  text NOT NULL DEFAULT '',
    recorded_at   timestamptz NOT NULL DEFAULT now()
);
INSERT INTO vendor (name)
SELECT vendor FROM device WHERE vendor <> 'ankang'
 UNION
SELECT vendor FROM account WHERE vendor IS NOT NULL;

CREATE FUNCTION know_vendors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO vendor (name) SELECT DISTINCT vendor FROM fresh WHERE vendor <> 'ankang' ORDER BY 1 ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER vendor_known AFTER INSERT ON device REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION know_vendors();

ALTER TABLE device
    ADD COLUMN area_id integer REFERENCES area, -- whose stock it is of while it is bound to nobody; NULL: the city's
    ADD COLUMN off_with_vendor boolean NOT NULL DEFAULT false; -- disabled with all of its vendor, and enabled with them
CREATE INDEX device_area ON device (area_id) WHERE area_id IS NOT NULL;
CREATE INDEX device_not_in_use ON device (state) WHERE state <> 'registered';

-- What helps and does not speak: a wheelchair, a walker.
CREATE TABLE aid (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL,
    number       text NOT NULL CHECK (number <> '') UNIQUE, -- as it is written on it
    model        text NOT NULL DEFAULT '',
    area_id      integer REFERENCES area, -- whose stock it is of; NULL: the city's
    retired_at   timestamptz,
    recorded_at  timestamptz NOT NULL
);

-- A device or an aid is lent to somebody, from day to day.
CREATE TABLE loan (
    id           uuid PRIMARY KEY,
    device_id    integer REFERENCES device ON DELETE CASCADE,
    aid_id       uuid REFERENCES aid ON DELETE CASCADE,
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    lent         date NOT NULL,
    due          date CHECK (due >= lent), -- NULL: for as long as it is needed
    returned     date CHECK (returned >= lent),
    note         text NOT NULL DEFAULT '', -- how it came back
    lent_by      uuid REFERENCES account,
    returned_by  uuid REFERENCES account,
    CHECK (num_nonnulls(device_id, aid_id) = 1)
);
CREATE UNIQUE INDEX loan_of_device ON loan (device_id) WHERE returned IS NULL;
CREATE UNIQUE INDEX loan_of_aid ON loan (aid_id) WHERE returned IS NULL;
CREATE INDEX ON loan (resident_id);

-- Every change of a plan, kept; a plan of an area that was taken back has no steps.
ALTER TABLE escalation_plan ADD COLUMN version integer NOT NULL DEFAULT 1;
CREATE TABLE plan_change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area_id     integer REFERENCES area,
    class       text NOT NULL,
    priority    text NOT NULL,
    version     integer NOT NULL,
    steps       jsonb,
    why         text NOT NULL CHECK (why <> ''),
    account_id  uuid REFERENCES account,
    at          timestamptz NOT NULL
);
CREATE INDEX ON plan_change (class, priority, id);

-- What messages say instead of the words that come along; every change is kept.
CREATE TABLE message_template (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose   text NOT NULL,
    channel   text NOT NULL, -- any: by each that has none of its own
    language  text NOT NULL CHECK (language IN ('zh-CN', 'en')),
    title     text NOT NULL,
    body      text NOT NULL CHECK (body <> ''),
    set_at    timestamptz NOT NULL,
    set_by    uuid REFERENCES account,
    ended_at  timestamptz
);
CREATE UNIQUE INDEX message_template_one ON message_template (purpose, channel, language) WHERE ended_at IS NULL;
