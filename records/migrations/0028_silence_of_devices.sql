-- How long a device may be quiet is a limit of the rule device_silent, which areas and people may set otherwise.

ALTER TABLE device_watch ADD COLUMN quiet_for interval; -- by the limits in force when it was looked at last; NULL: the defaults

-- New limits may make a device silent earlier: the next sweeps look at those that they concern.
CREATE FUNCTION look_at_devices_with_new_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH RECURSIVE below (id) AS (
         SELECT NEW.area_id WHERE NEW.area_id IS NOT NULL
          UNION ALL
         SELECT area.id FROM area JOIN below ON area.parent_id = below.id
    )
    UPDATE device_watch SET due_at = '-infinity'
     WHERE condition = 'well'
       AND (NEW.area_id IS NULL AND NEW.resident_id IS NULL
            OR device_id IN (SELECT binding.device_id FROM binding
                               JOIN resident ON resident.id = binding.resident_id
                               JOIN home ON home.id = resident.home_id
                              WHERE binding.valid_to IS NULL
                                AND (resident.id = NEW.resident_id OR home.area_id IN (SELECT id FROM below))));
    RETURN NULL;
END $$;
CREATE TRIGGER supervised_with_new_limits AFTER INSERT ON rule_setting
    FOR EACH ROW WHEN (NEW.rule = 'device_silent') EXECUTE FUNCTION look_at_devices_with_new_limits();
