-- One row for each device and time, one column for each metric of the catalogue: a second message for the same device and
-- time fills the columns that are still empty.
-- On plain PostgreSQL: a partition a day, made by ingest when the first message of that day comes, and rollups by `ankang maintain`.

CREATE TABLE observation (
    device_id         integer NOT NULL,
    time              timestamptz NOT NULL, -- when it was so
    received_at       timestamptz NOT NULL,
    heart_rate        real, -- /min
    respiration_rate  real, -- /min
    spo2              real, -- %
    body_temperature  real, -- Cel
    systolic          real, -- mm[Hg]
    diastolic         real, -- mm[Hg]
    weight            real, -- kg
    blood_glucose     real, -- mmol/L
    in_bed            smallint, -- 1
    movement          real, -- %
    apnea_events      double precision, -- {count}
    temperature       real, -- Cel
    humidity          real, -- %
    illuminance       real, -- lx
    co2               real, -- [ppm]
    motion            smallint, -- 1
    presence          smallint, -- 1
    door_open         smallint, -- 1
    water_used        double precision, -- L
    power             real, -- W
    steps             double precision, -- {count}
    extra             jsonb, -- what a vendor registered beyond the catalogue
    PRIMARY KEY (device_id, time)
) PARTITION BY RANGE (time);

-- A partition is made beside the table and then attached, which lets readers and writers go on.
CREATE FUNCTION ensure_partition(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    partition text := 'observation_' || to_char(day, 'YYYYMMDD');
    first timestamptz := day::timestamp AT TIME ZONE 'UTC';
    next  timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ankang partition'));
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE observation INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (device_id, time),'
                   ' CONSTRAINT its_day CHECK (time >= %L AND time < %L))', partition, first, next);
    EXECUTE format('ALTER TABLE observation ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition, first, next);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT its_day', partition);
    RETURN true;
END $$;

CREATE TABLE observation_minute (
    device_id integer NOT NULL,
    bucket timestamptz NOT NULL,
    readings bigint NOT NULL,
    heart_rate_avg real,
    heart_rate_min real,
    heart_rate_max real,
    respiration_rate_avg real,
    respiration_rate_min real,
    respiration_rate_max real,
    spo2_avg real,
    spo2_min real,
    spo2_max real,
    body_temperature_avg real,
    body_temperature_min real,
    body_temperature_max real,
    systolic_avg real,
    systolic_min real,
    systolic_max real,
    diastolic_avg real,
    diastolic_min real,
    diastolic_max real,
    weight_avg real,
    weight_min real,
    weight_max real,
    blood_glucose_avg real,
    blood_glucose_min real,
    blood_glucose_max real,
    in_bed_last smallint,
    in_bed_on double precision,
    movement_avg real,
    movement_min real,
    movement_max real,
    apnea_events_sum double precision,
    temperature_avg real,
    temperature_min real,
    temperature_max real,
    humidity_avg real,
    humidity_min real,
    humidity_max real,
    illuminance_avg real,
    illuminance_min real,
    illuminance_max real,
    co2_avg real,
    co2_min real,
    co2_max real,
    motion_last smallint,
    motion_on double precision,
    presence_last smallint,
    presence_on double precision,
    door_open_last smallint,
    door_open_on double precision,
    water_used_sum double precision,
    power_avg real,
    power_min real,
    power_max real,
    steps_sum double precision,
    PRIMARY KEY (device_id, bucket)
);
CREATE INDEX ON observation_minute USING brin (bucket);
CREATE TABLE observation_hour (LIKE observation_minute INCLUDING ALL);

-- Before `through`, ingest notes what it changes; before `done`, the rollups are made. A maintainer first moves `through`,
-- which waits for the writers under way, then makes the rollups, then moves `done`.
CREATE TABLE rollup_mark (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    through   timestamptz NOT NULL,
    done      timestamptz NOT NULL
);
INSERT INTO rollup_mark (through, done) VALUES (date_trunc('hour', now(), 'UTC'), date_trunc('hour', now(), 'UTC'));
CREATE TABLE rollup_again (
    device_id  integer NOT NULL,
    hour       timestamptz NOT NULL,
    PRIMARY KEY (device_id, hour)
);

-- Called by ingest when its staging table holds readings that are not brand new.
CREATE FUNCTION note_late_readings() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    mark timestamptz;
BEGIN
    SELECT through INTO mark FROM rollup_mark FOR SHARE;
    INSERT INTO rollup_again
    SELECT DISTINCT device_id, date_bin('1 hour', time, 'epoch') FROM staging WHERE time < mark
        ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION roll_up_minutes(devices integer[], since timestamptz, until timestamptz) RETURNS void LANGUAGE sql AS $$
DELETE FROM observation_minute
 WHERE bucket >= since AND bucket < until AND (devices IS NULL OR device_id = ANY (devices));
INSERT INTO observation_minute
SELECT device_id, date_bin('1 minute', time, 'epoch'), count(*),
       avg(heart_rate)::real AS heart_rate_avg,
       min(heart_rate) AS heart_rate_min,
       max(heart_rate) AS heart_rate_max,
       avg(respiration_rate)::real AS respiration_rate_avg,
       min(respiration_rate) AS respiration_rate_min,
       max(respiration_rate) AS respiration_rate_max,
       avg(spo2)::real AS spo2_avg,
       min(spo2) AS spo2_min,
       max(spo2) AS spo2_max,
       avg(body_temperature)::real AS body_temperature_avg,
       min(body_temperature) AS body_temperature_min,
       max(body_temperature) AS body_temperature_max,
       avg(systolic)::real AS systolic_avg,
       min(systolic) AS systolic_min,
       max(systolic) AS systolic_max,
       avg(diastolic)::real AS diastolic_avg,
       min(diastolic) AS diastolic_min,
       max(diastolic) AS diastolic_max,
       avg(weight)::real AS weight_avg,
       min(weight) AS weight_min,
       max(weight) AS weight_max,
       avg(blood_glucose)::real AS blood_glucose_avg,
       min(blood_glucose) AS blood_glucose_min,
       max(blood_glucose) AS blood_glucose_max,
       last_state(in_bed, time ORDER BY time) AS in_bed_last,
       time_on(in_bed, time, date_bin('1 minute', time, 'epoch'), 60 ORDER BY time) AS in_bed_on,
       avg(movement)::real AS movement_avg,
       min(movement) AS movement_min,
       max(movement) AS movement_max,
       sum(apnea_events) AS apnea_events_sum,
       avg(temperature)::real AS temperature_avg,
       min(temperature) AS temperature_min,
       max(temperature) AS temperature_max,
       avg(humidity)::real AS humidity_avg,
       min(humidity) AS humidity_min,
       max(humidity) AS humidity_max,
       avg(illuminance)::real AS illuminance_avg,
       min(illuminance) AS illuminance_min,
       max(illuminance) AS illuminance_max,
       avg(co2)::real AS co2_avg,
       min(co2) AS co2_min,
       max(co2) AS co2_max,
       last_state(motion, time ORDER BY time) AS motion_last,
       time_on(motion, time, date_bin('1 minute', time, 'epoch'), 60 ORDER BY time) AS motion_on,
       last_state(presence, time ORDER BY time) AS presence_last,
       time_on(presence, time, date_bin('1 minute', time, 'epoch'), 60 ORDER BY time) AS presence_on,
       last_state(door_open, time ORDER BY time) AS door_open_last,
       time_on(door_open, time, date_bin('1 minute', time, 'epoch'), 60 ORDER BY time) AS door_open_on,
       sum(water_used) AS water_used_sum,
       avg(power)::real AS power_avg,
       min(power) AS power_min,
       max(power) AS power_max,
       sum(steps) AS steps_sum
  FROM observation
 WHERE time >= since AND time < until AND (devices IS NULL OR device_id = ANY (devices))
 GROUP BY 1, 2;
$$;

CREATE FUNCTION roll_up_hours(devices integer[], since timestamptz, until timestamptz) RETURNS void LANGUAGE sql AS $$
DELETE FROM observation_hour
 WHERE bucket >= since AND bucket < until AND (devices IS NULL OR device_id = ANY (devices));
INSERT INTO observation_hour
SELECT device_id, date_bin('1 hour', time, 'epoch'), count(*),
       avg(heart_rate)::real AS heart_rate_avg,
       min(heart_rate) AS heart_rate_min,
       max(heart_rate) AS heart_rate_max,
       avg(respiration_rate)::real AS respiration_rate_avg,
       min(respiration_rate) AS respiration_rate_min,
       max(respiration_rate) AS respiration_rate_max,
       avg(spo2)::real AS spo2_avg,
       min(spo2) AS spo2_min,
       max(spo2) AS spo2_max,
       avg(body_temperature)::real AS body_temperature_avg,
       min(body_temperature) AS body_temperature_min,
       max(body_temperature) AS body_temperature_max,
       avg(systolic)::real AS systolic_avg,
       min(systolic) AS systolic_min,
       max(systolic) AS systolic_max,
       avg(diastolic)::real AS diastolic_avg,
       min(diastolic) AS diastolic_min,
       max(diastolic) AS diastolic_max,
       avg(weight)::real AS weight_avg,
       min(weight) AS weight_min,
       max(weight) AS weight_max,
       avg(blood_glucose)::real AS blood_glucose_avg,
       min(blood_glucose) AS blood_glucose_min,
       max(blood_glucose) AS blood_glucose_max,
       last_state(in_bed, time ORDER BY time) AS in_bed_last,
       time_on(in_bed, time, date_bin('1 hour', time, 'epoch'), 3600 ORDER BY time) AS in_bed_on,
       avg(movement)::real AS movement_avg,
       min(movement) AS movement_min,
       max(movement) AS movement_max,
       sum(apnea_events) AS apnea_events_sum,
       avg(temperature)::real AS temperature_avg,
       min(temperature) AS temperature_min,
       max(temperature) AS temperature_max,
       avg(humidity)::real AS humidity_avg,
       min(humidity) AS humidity_min,
       max(humidity) AS humidity_max,
       avg(illuminance)::real AS illuminance_avg,
       min(illuminance) AS illuminance_min,
       max(illuminance) AS illuminance_max,
       avg(co2)::real AS co2_avg,
       min(co2) AS co2_min,
       max(co2) AS co2_max,
       last_state(motion, time ORDER BY time) AS motion_last,
       time_on(motion, time, date_bin('1 hour', time, 'epoch'), 3600 ORDER BY time) AS motion_on,
       last_state(presence, time ORDER BY time) AS presence_last,
       time_on(presence, time, date_bin('1 hour', time, 'epoch'), 3600 ORDER BY time) AS presence_on,
       last_state(door_open, time ORDER BY time) AS door_open_last,
       time_on(door_open, time, date_bin('1 hour', time, 'epoch'), 3600 ORDER BY time) AS door_open_on,
       sum(water_used) AS water_used_sum,
       avg(power)::real AS power_avg,
       min(power) AS power_min,
       max(power) AS power_max,
       sum(steps) AS steps_sum
  FROM observation
 WHERE time >= since AND time < until AND (devices IS NULL OR device_id = ANY (devices))
 GROUP BY 1, 2;
$$;
