-- The audit log also says who worked on the machine itself, is found by day, and is forgotten when its time is over;
-- attempts to log in are counted for all dashboards together.

ALTER TABLE audit ADD COLUMN by_user text NOT NULL DEFAULT ''; -- where it was no account: a user of the machine, or a part
CREATE INDEX ON audit (at);

DROP TRIGGER audit_only_grows ON audit;
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- Only `ankang maintain` says which day the log is kept from, and nothing of the last six months ever goes: so long, at
-- least, network logs have to be kept (Cybersecurity Law of the PRC, article 21).
CREATE FUNCTION refuse_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.at < clock_timestamp() - interval '183 days'
       AND OLD.at < nullif(current_setting('ankang.audit_kept_from', true), '')::timestamptz THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'what is in the audit log stays as it is';
END $$;
CREATE TRIGGER audit_is_forgotten_late BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_forgetting();

-- Of what somebody typed only the hash: a password lands in the wrong field now and then.
CREATE UNLOGGED TABLE login_attempt (
    key_sha256  bytea NOT NULL,
    at          timestamptz NOT NULL
);
CREATE INDEX ON login_attempt (key_sha256, at);
CREATE INDEX ON login_attempt (at);
