"""Stories on a clock that the test holds, through a real broker, a real ingest and a real database."""
