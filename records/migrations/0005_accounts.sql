-- Who may see whom: vendors' and families' accounts, sessions that can be told apart, tokens of machines, and who looked.

ALTER TABLE account ADD COLUMN vendor text, -- whose devices a vendor's account sees
                    ADD COLUMN disabled boolean NOT NULL DEFAULT false;

-- Whom a family's or a doctor's account may see.
CREATE TABLE account_resident (
    account_id   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    PRIMARY KEY (account_id, resident_id)
);

ALTER TABLE session ADD COLUMN id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
                    ADD COLUMN agent text NOT NULL DEFAULT ''; -- which browser, as it calls itself

-- Browsers from which somebody has logged in: strangers who guess can't use up their attempts.
CREATE TABLE known_browser (
    token_sha256  bytea NOT NULL CHECK (length(token_sha256) = 32),
    account_id    uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    seen_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (token_sha256, account_id)
);

CREATE TABLE api_token (
    id             uuid PRIMARY KEY,
    token_sha256   bytea NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    account_id     uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    name           text NOT NULL,
    permissions    text[] NOT NULL, -- never more than the account itself has
    made_at        timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL
);
CREATE INDEX ON api_token (account_id);

-- Wherever a session ends, the dashboards hear of it and close its live pages.
CREATE FUNCTION say_session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('session', '');
    RETURN NULL;
END $$;
CREATE TRIGGER session_ended AFTER DELETE ON session FOR EACH STATEMENT EXECUTE FUNCTION say_session_ended();
CREATE TRIGGER token_ended AFTER DELETE ON api_token FOR EACH STATEMENT EXECUTE FUNCTION say_session_ended();

-- Who saw or changed what of whom. Only ever added to.
CREATE TABLE audit (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    account_id   uuid REFERENCES account,
    action       text NOT NULL,
    resident_id  uuid,
    subject      text NOT NULL DEFAULT '', -- the id of what it was done to, where that is no resident
    reason       text NOT NULL DEFAULT ''
);
CREATE INDEX ON audit (resident_id, id);
CREATE INDEX ON audit (account_id, id);

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is in the audit log stays as it is';
END $$;
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
