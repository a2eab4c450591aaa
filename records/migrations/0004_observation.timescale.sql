-- One row for each device and time, one column for each metric of the catalogue: a second message for the same device and
-- time fills the columns that are still empty.
-- On TimescaleDB: a hypertable with a columnstore, and continuous aggregates. Their policies are set by `ankang migrate`,
-- because they depend on the retention in the settings.

CREATE EXTENSION IF NOT EXISTS timescaledb;

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
);
-- What only plain PostgreSQL needs; here both do nothing.
CREATE FUNCTION ensure_partition(day date) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION note_late_readings() RETURNS void LANGUAGE sql AS 'SELECT';

SELECT create_hypertable('observation', by_range('time', INTERVAL '1 day'), create_default_indexes => false);
ALTER TABLE observation SET (
    timescaledb.compress, timescaledb.compress_segmentby = 'device_id', timescaledb.compress_orderby = 'time'
);

CREATE MATERIALIZED VIEW observation_minute
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT device_id, time_bucket('1 minute', time) AS bucket, count(*) AS readings,
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
       time_on(in_bed, time, time_bucket('1 minute', time), 60 ORDER BY time) AS in_bed_on,
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
       time_on(motion, time, time_bucket('1 minute', time), 60 ORDER BY time) AS motion_on,
       last_state(presence, time ORDER BY time) AS presence_last,
       time_on(presence, time, time_bucket('1 minute', time), 60 ORDER BY time) AS presence_on,
       last_state(door_open, time ORDER BY time) AS door_open_last,
       time_on(door_open, time, time_bucket('1 minute', time), 60 ORDER BY time) AS door_open_on,
       sum(water_used) AS water_used_sum,
       avg(power)::real AS power_avg,
       min(power) AS power_min,
       max(power) AS power_max,
       sum(steps) AS steps_sum
  FROM observation
 GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW observation_hour
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT device_id, time_bucket('1 hour', time) AS bucket, count(*) AS readings,
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
       time_on(in_bed, time, time_bucket('1 hour', time), 3600 ORDER BY time) AS in_bed_on,
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
       time_on(motion, time, time_bucket('1 hour', time), 3600 ORDER BY time) AS motion_on,
       last_state(presence, time ORDER BY time) AS presence_last,
       time_on(presence, time, time_bucket('1 hour', time), 3600 ORDER BY time) AS presence_on,
       last_state(door_open, time ORDER BY time) AS door_open_last,
       time_on(door_open, time, time_bucket('1 hour', time), 3600 ORDER BY time) AS door_open_on,
       sum(water_used) AS water_used_sum,
       avg(power)::real AS power_avg,
       min(power) AS power_min,
       max(power) AS power_max,
       sum(steps) AS steps_sum
  FROM observation
 GROUP BY 1, 2
WITH NO DATA;

ALTER MATERIALIZED VIEW observation_minute SET (timescaledb.compress, timescaledb.compress_segmentby = 'device_id', timescaledb.compress_orderby = 'bucket');
ALTER MATERIALIZED VIEW observation_hour SET (timescaledb.compress, timescaledb.compress_segmentby = 'device_id', timescaledb.compress_orderby = 'bucket');
