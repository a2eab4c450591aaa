-- What administrators keep of people and places: who somebody is, where they moved from, when their service ended, which
-- areas have gone into others, and which centres serve which communities.

ALTER TABLE area ADD COLUMN closed_on   date, -- it has gone into another, or nobody lives there; what it was stays
                 ADD COLUMN merged_into integer REFERENCES area,
                 ADD CHECK (merged_into IS NULL OR closed_on IS NOT NULL);

ALTER TABLE home ADD COLUMN number text UNIQUE CHECK (number <> ''), -- 户号, as the files that are imported call it
                 ADD COLUMN note   text NOT NULL DEFAULT ''; -- how one gets in: the entrance, the floor, the dog

ALTER TABLE resident
    ADD COLUMN number      text UNIQUE CHECK (number <> ''), -- by which the files that are imported know them
    ADD COLUMN sex         text NOT NULL DEFAULT '' CHECK (sex IN ('', 'male', 'female')),
    ADD COLUMN care_level  text NOT NULL DEFAULT ''
               CHECK (care_level IN ('', 'intact', 'mild', 'moderate', 'severe', 'complete')), -- GB/T 42195-2022
    ADD COLUMN speaks      text NOT NULL DEFAULT '', -- 普通话, 马鞍山话
    ADD COLUMN ended_on    date, -- the last day of the service
    ADD COLUMN ended_why   text CHECK (ended_why IN ('died', 'moved_away', 'ended')),
    ADD CHECK ((ended_on IS NULL) = (ended_why IS NULL));
CREATE INDEX ON home (area_id, address) WHERE address <> '';

-- Where somebody lived before. An alert keeps the home that it was about (alert.home_id).
CREATE TABLE house_move (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    from_home    uuid NOT NULL REFERENCES home,
    to_home      uuid NOT NULL REFERENCES home,
    moved_on     date NOT NULL,
    account_id   uuid REFERENCES account,
    recorded_at  timestamptz NOT NULL
);
CREATE INDEX ON house_move (resident_id, recorded_at);

-- A service centre or station; closed, it is kept, since shifts and accounts name it.
CREATE TABLE centre (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area_id    integer NOT NULL REFERENCES area, -- where it stands
    name       text NOT NULL CHECK (name <> ''),
    address    text NOT NULL DEFAULT '',
    phone      text NOT NULL DEFAULT '',
    closed_on  date,
    UNIQUE (area_id, name)
);

-- Which areas it serves, each with all below it; without a row the one in which it stands.
CREATE TABLE centre_area (
    centre_id  integer NOT NULL REFERENCES centre ON DELETE CASCADE,
    area_id    integer NOT NULL REFERENCES area,
    PRIMARY KEY (centre_id, area_id)
);
CREATE INDEX ON centre_area (area_id);

ALTER TABLE account
    ADD COLUMN full_name  text NOT NULL DEFAULT '',
    ADD COLUMN phone      text NOT NULL DEFAULT '', -- under which colleagues reach them
    ADD COLUMN centre_id  integer REFERENCES centre,
    ADD COLUMN last_login timestamptz;
UPDATE account SET last_login = latest.at
  FROM (SELECT account_id, max(opened_at) AS at FROM session GROUP BY account_id) AS latest
 WHERE latest.account_id = account.id;

CREATE FUNCTION note_login() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account SET last_login = NEW.opened_at WHERE id = NEW.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER session_opened AFTER INSERT ON session FOR EACH ROW EXECUTE FUNCTION note_login();

-- Whose home has changed is looked at with the limits of the new place by the next sweep; what rang about the old home rings
-- anew where it is so in the new one. A shift of area without a move (a merger) needs the look too.
CREATE FUNCTION look_at_the_moved(people uuid[]) RETURNS void LANGUAGE sql AS $$
    UPDATE home_watch
       SET due_at = '-infinity',
           raised = ARRAY(SELECT ringing.rule FROM unnest(raised) AS ringing (rule)
                           WHERE EXISTS (SELECT FROM alert a JOIN resident r ON r.id = home_watch.resident_id
                                          WHERE a.rule = ringing.rule AND a.phase <> 'closed'
                                            AND a.subject IN ('resident:' || r.id, 'home:' || r.home_id)))
     WHERE resident_id = ANY (people);
    UPDATE device_watch SET due_at = '-infinity'
     WHERE condition = 'well'
       AND device_id IN (SELECT device_id FROM binding WHERE valid_to IS NULL AND resident_id = ANY (people));
    INSERT INTO coverage_due
    SELECT DISTINCT resident_id FROM binding WHERE resident_id = ANY (people) AND valid_to IS NULL ORDER BY 1
        ON CONFLICT DO NOTHING;
$$;

-- Row by row, since only few ever do: a set of all rows before and after would have to be joined first.
CREATE FUNCTION resident_has_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM look_at_the_moved(ARRAY[NEW.id]);
    RETURN NULL;
END $$;
CREATE TRIGGER resident_looked_at AFTER UPDATE OF home_id ON resident FOR EACH ROW
    WHEN (NEW.home_id <> OLD.home_id) EXECUTE FUNCTION resident_has_moved();

CREATE FUNCTION home_has_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM look_at_the_moved(ARRAY(SELECT id FROM resident WHERE home_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER home_looked_at AFTER UPDATE OF area_id ON home FOR EACH ROW
    WHEN (NEW.area_id <> OLD.area_id) EXECUTE FUNCTION home_has_moved();
