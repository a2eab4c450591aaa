-- The limits of the rules as they were set, version by version, from the whole city down to one person; and the back-tests.

-- What a change would have done to the stored history.
CREATE TABLE rule_backtest (
    id           uuid PRIMARY KEY,
    rule         text NOT NULL,
    area_id      integer REFERENCES area,                      -- where it would be set; with resident_id NULL and
    resident_id  uuid REFERENCES resident ON DELETE CASCADE,   -- area_id NULL everywhere
    values       jsonb NOT NULL, -- the limits that would be set there
    since        timestamptz NOT NULL,
    until        timestamptz NOT NULL,
    result       jsonb NOT NULL,
    tested_by    uuid REFERENCES account,
    tested_at    timestamptz NOT NULL,
    CHECK (num_nonnulls(area_id, resident_id) <= 1)
);
CREATE INDEX ON rule_backtest (rule, tested_at);

-- Each change is a new row; the newest one of a place is what holds there, and the nearest place wins, limit by limit.
CREATE TABLE rule_setting (
    rule         text NOT NULL,
    version      integer NOT NULL, -- counted for each rule, above the version of the rule itself
    area_id      integer REFERENCES area,
    resident_id  uuid REFERENCES resident ON DELETE CASCADE,
    values       jsonb NOT NULL, -- every limit that this place sets
    enabled      boolean, -- NULL: as the next larger place says
    changed_by   uuid REFERENCES account, -- NULL: at the command line
    changed_at   timestamptz NOT NULL,
    why          text NOT NULL CHECK (why <> ''),
    backtest_id  uuid REFERENCES rule_backtest,
    forced       boolean NOT NULL DEFAULT false, -- enabled without a back-test
    PRIMARY KEY (rule, version),
    CHECK (num_nonnulls(area_id, resident_id) <= 1)
);
CREATE INDEX ON rule_setting (resident_id) WHERE resident_id IS NOT NULL;

CREATE FUNCTION refuse_other_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of a rule stays as it is: add a new one';
END $$;
CREATE TRIGGER setting_stays BEFORE UPDATE OR TRUNCATE ON rule_setting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_limits();

-- Ingest screens with the limits of whom a device watches over, and hears when those may be others.
CREATE FUNCTION say_limits_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('limits_changed', '');
    RETURN NULL;
END $$;
CREATE TRIGGER limits_set AFTER INSERT OR DELETE ON rule_setting
    FOR EACH STATEMENT EXECUTE FUNCTION say_limits_changed();
CREATE TRIGGER another_is_watched AFTER INSERT OR UPDATE OF device_id, resident_id, valid_to ON binding
    FOR EACH STATEMENT EXECUTE FUNCTION say_limits_changed();
CREATE TRIGGER resident_moved AFTER UPDATE OF home_id ON resident
    FOR EACH STATEMENT EXECUTE FUNCTION say_limits_changed();
CREATE TRIGGER home_moved AFTER UPDATE OF area_id ON home
    FOR EACH STATEMENT EXECUTE FUNCTION say_limits_changed();
CREATE TRIGGER area_moved AFTER UPDATE OF parent_id ON area
    FOR EACH STATEMENT EXECUTE FUNCTION say_limits_changed();
