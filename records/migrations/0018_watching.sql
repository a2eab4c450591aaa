-- When each home is looked at next for what its devices show by silence or by their numbers: no look is made before.

CREATE TABLE home_watch (
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    sense        text NOT NULL CHECK (sense IN ('bed', 'door', 'water', 'room', 'vitals')), -- one look judges its rules
    due_at       timestamptz NOT NULL,
    raised       text[] NOT NULL DEFAULT '{}', -- the rules that ring and whose condition has not gone since
    PRIMARY KEY (resident_id, sense)
) WITH (fillfactor = 50);
CREATE INDEX ON home_watch (due_at);

CREATE FUNCTION senses_of(kind text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
           WHEN 'bed' THEN ARRAY['bed', 'vitals'] WHEN 'door' THEN ARRAY['door'] WHEN 'water_meter' THEN ARRAY['water']
           WHEN 'climate' THEN ARRAY['room'] WHEN 'wearable' THEN ARRAY['vitals'] WHEN 'vitals' THEN ARRAY['vitals']
           WHEN 'fall_radar' THEN ARRAY['vitals'] ELSE '{}'::text[] END
$$;

-- A new device is looked at by the next sweep.
CREATE FUNCTION watch_homes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO home_watch (resident_id, sense, due_at)
    SELECT DISTINCT fresh.resident_id, sense, '-infinity'::timestamptz
      FROM fresh JOIN device ON device.id = fresh.device_id CROSS JOIN unnest(senses_of(device.kind)) AS sense
     WHERE fresh.valid_to IS NULL
     ORDER BY 1, 2
        ON CONFLICT (resident_id, sense) DO UPDATE SET due_at = excluded.due_at;
    RETURN NULL;
END $$;
CREATE TRIGGER home_watched AFTER INSERT ON binding REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION watch_homes();

CREATE FUNCTION watch_homes_of_other_kinds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO home_watch (resident_id, sense, due_at)
    SELECT DISTINCT binding.resident_id, sense, '-infinity'::timestamptz
      FROM fresh JOIN before ON before.id = fresh.id AND before.kind <> fresh.kind
      JOIN binding ON binding.device_id = fresh.id AND binding.valid_to IS NULL
     CROSS JOIN unnest(senses_of(fresh.kind)) AS sense
     ORDER BY 1, 2
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER home_watched_otherwise AFTER UPDATE ON device REFERENCING OLD TABLE AS before NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION watch_homes_of_other_kinds();

-- Limits that have changed may ring earlier than was thought: whom they concern is looked at by the next sweep.
CREATE FUNCTION look_with_new_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE home_watch SET due_at = '-infinity'
     WHERE sense = ANY (CASE WHEN NEW.rule LIKE 'water\_%' THEN ARRAY['water'] WHEN NEW.rule LIKE 'room\_%' THEN ARRAY['room']
                             WHEN NEW.rule LIKE 'news2%' THEN ARRAY['vitals'] WHEN NEW.rule = 'left_bed' THEN ARRAY['bed']
                             WHEN NEW.rule = 'door_not_opened' THEN ARRAY['door'] ELSE '{}'::text[] END)
       AND (NEW.resident_id IS NULL OR resident_id = NEW.resident_id);
    RETURN NULL;
END $$;
CREATE TRIGGER watched_with_new_limits AFTER INSERT ON rule_setting
    FOR EACH ROW EXECUTE FUNCTION look_with_new_limits();

INSERT INTO home_watch (resident_id, sense, due_at)
SELECT DISTINCT binding.resident_id, sense, '-infinity'::timestamptz
  FROM binding JOIN device ON device.id = binding.device_id CROSS JOIN unnest(senses_of(device.kind)) AS sense
 WHERE binding.valid_to IS NULL;
