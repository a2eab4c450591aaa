-- Whoever is quiet is looked at again before anything that they might do meanwhile could ring, and cheaply: what was
-- worked out stays, until there is life, or until what it rests on changes.

ALTER TABLE silence_due
    ADD COLUMN looked_at timestamptz, -- signs of life up to then are known; NULL: those up to `since`
    ADD COLUMN speaks_at timestamptz; -- when it rings unless there is life before; NULL: to be worked out

-- Until now somebody who was out was looked at a day later, though back and quiet at home for long.
UPDATE silence_due SET due_at = least(due_at, now() + random() * interval '90 minutes') WHERE due_at > now();

CREATE FUNCTION silence_worked_out_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE silence_due SET speaks_at = NULL FROM fresh
     WHERE silence_due.resident_id = fresh.resident_id AND speaks_at IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER silence_by_other_sources AFTER INSERT ON coverage_change REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION silence_worked_out_anew();

-- Whoever lives in the area, or anywhere, is looked at within 90 minutes as it is; one person at once.
CREATE FUNCTION silence_with_new_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE silence_due
       SET speaks_at = NULL, due_at = CASE WHEN NEW.resident_id IS NULL THEN due_at ELSE '-infinity' END
     WHERE NEW.resident_id IS NULL AND speaks_at IS NOT NULL OR resident_id = NEW.resident_id;
    RETURN NULL;
END $$;
CREATE TRIGGER silence_with_new_limits AFTER INSERT ON rule_setting
    FOR EACH ROW WHEN (NEW.rule = 'no_movement') EXECUTE FUNCTION silence_with_new_limits();
