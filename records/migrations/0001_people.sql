-- Areas, homes, residents, care beds, contacts, devices, and who is watched over by what.

CREATE TABLE area (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id  integer REFERENCES area,
    level      text NOT NULL CHECK (level IN ('city', 'county', 'street', 'community')),
    name       text NOT NULL,
    code       text UNIQUE,
    UNIQUE NULLS NOT DISTINCT (parent_id, name),
    CHECK ((parent_id IS NULL) = (level = 'city'))
);

INSERT INTO area (level, name, code) VALUES ('city', '马鞍山市', '340500');
INSERT INTO area (parent_id, level, name, code)
SELECT city.id, 'county', county.name, county.code
  FROM area AS city,
       (VALUES ('花山区', '340503'), ('雨山区', '340504'), ('博望区', '340506'),
               ('当涂县', '340521'), ('含山县', '340522'), ('和县', '340523')) AS county (name, code)
 WHERE city.code = '340500';

CREATE TABLE home (
    id       uuid PRIMARY KEY,
    area_id  integer NOT NULL REFERENCES area,
    address  text NOT NULL DEFAULT ''
);
CREATE INDEX ON home (area_id);

CREATE TABLE resident (
    id           uuid PRIMARY KEY,
    home_id      uuid NOT NULL REFERENCES home,
    name         text NOT NULL CHECK (name <> ''),
    initials     text[] NOT NULL DEFAULT '{}', -- of the name in pinyin, every reading of a surname
    born         date,
    recorded_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON resident (home_id);
CREATE INDEX ON resident (name text_pattern_ops);
CREATE INDEX ON resident USING gin (initials);

CREATE TABLE care_bed (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident,
    number       text NOT NULL UNIQUE,
    set_up       date NOT NULL,
    closed       date CHECK (closed >= set_up)
);
CREATE INDEX ON care_bed (resident_id);

CREATE TABLE contact (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident,
    name         text NOT NULL,
    phone        text NOT NULL,
    relation     text NOT NULL DEFAULT '',
    position     integer NOT NULL DEFAULT 1, -- the order in which they are called
    UNIQUE (resident_id, position)
);

CREATE TABLE device (
    id                 integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vendor             text NOT NULL CHECK (vendor ~ '^[a-z0-9-]{1,40}$'),
    name               text NOT NULL CHECK (name ~ '^[A-Za-z0-9_-]{1,64}$'),
    kind               text NOT NULL,
    state              text NOT NULL CHECK (state IN ('registered', 'unclaimed', 'disabled')),
    place              text NOT NULL DEFAULT '', -- the room or thing that it watches
    parent_id          integer REFERENCES device,
    expected_interval  interval, -- how often it speaks; NULL where it speaks only when something changes
    secret_sha256      bytea CHECK (length(secret_sha256) = 32),
    recorded_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (vendor, name)
);

CREATE TABLE binding (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id    integer NOT NULL REFERENCES device,
    resident_id  uuid NOT NULL REFERENCES resident,
    valid_from   timestamptz NOT NULL,
    valid_to     timestamptz CHECK (valid_to > valid_from),
    recorded_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON binding (resident_id);
CREATE UNIQUE INDEX binding_one_at_a_time ON binding (device_id) WHERE valid_to IS NULL;
CREATE INDEX ON binding (device_id, valid_from);

CREATE TABLE account (
    id             uuid PRIMARY KEY,
    username       text NOT NULL UNIQUE,
    password_hash  text NOT NULL, -- argon2id
    role           text NOT NULL,
    area_id        integer REFERENCES area,
    one_time       boolean NOT NULL DEFAULT false, -- the password must be changed at the next login
    recorded_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE session (
    token_sha256  bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
    account_id    uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    opened_at     timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL
);
CREATE INDEX ON session (account_id);
