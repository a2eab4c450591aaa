-- People in the order of their pinyin, and found by the initials of any reading with one look at each row.
CREATE FUNCTION spelled(initials text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ' ' || array_to_string(initials, ' ');
ALTER TABLE resident ADD COLUMN spelled text NOT NULL GENERATED ALWAYS AS (spelled(initials)) STORED;
CREATE INDEX resident_by_spelling ON resident (coalesce(initials[1], ''), name, id);
