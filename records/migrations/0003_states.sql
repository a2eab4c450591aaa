-- How states are summed up: the last one, and the seconds that it was 1.

CREATE FUNCTION later_state(latest smallint, value smallint, at timestamptz) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT coalesce(value, latest)';

-- The last value that is not NULL; the caller orders by time.
CREATE AGGREGATE last_state(value smallint, at timestamptz) (
    SFUNC = later_state, STYPE = smallint, PARALLEL = SAFE
);

CREATE TYPE time_on_so_far AS (seconds double precision, value smallint, since double precision, width double precision);

CREATE FUNCTION time_on_add(
    so_far time_on_so_far, value smallint, at timestamptz, bucket timestamptz, width double precision
) RETURNS time_on_so_far LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    since double precision := extract(epoch FROM at - bucket);
BEGIN
    IF value IS NULL THEN
        RETURN so_far;
    END IF;
    RETURN ROW(
        coalesce(so_far.seconds, 0) + CASE WHEN so_far.value = 1 THEN since - so_far.since ELSE 0 END,
        value, since, width
    );
END $$;

CREATE FUNCTION time_on_end(so_far time_on_so_far) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT so_far.seconds + CASE WHEN so_far.value = 1 THEN so_far.width - so_far.since ELSE 0 END
$$;

-- Seconds from the first reading in a bucket of `width` seconds to its end in which the state was 1; the caller orders by time.
CREATE AGGREGATE time_on(value smallint, at timestamptz, bucket timestamptz, width double precision) (
    SFUNC = time_on_add, STYPE = time_on_so_far, FINALFUNC = time_on_end, PARALLEL = SAFE
);
