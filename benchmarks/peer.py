"""What one would do without us: `mosquitto_sub | psql COPY`, the same stream into a table of text.

It decodes nothing, checks nothing, knows no repeats, acknowledges before anything is stored, and commits once at the
end; so it is a limit for the way from a broker into PostgreSQL rather than an alternative.
"""

import shutil
import subprocess
import time

from benchmarks.rig import Fleet, Rig
from care.lanes import Lane, lane_client_id
from gateway.topics import filters

TABLE = "CREATE TABLE IF NOT EXISTS peer (line text)"


def why_not() -> str:
    """Empty where both programs are there."""
    missing = [name for name in ("mosquitto_sub", "psql") if shutil.which(name) is None]
    return f"{' and '.join(missing)} not installed" if missing else ""


def live(platform: Rig, beds: dict[str, str], messages: int) -> float:
    """Messages per second, from the first publish until psql has committed. The bulk lane has to be away."""
    with platform.database.transaction() as conn:
        conn.execute(TABLE)
    with Fleet(platform, beds, messages // len(beds)) as fleet:
        reader = subprocess.Popen(
            [
                "mosquitto_sub", "-h", "127.0.0.1", "-p", str(platform.broker.mqtt_port), "-q", "1", "-c",
                "-u", "ankang", "-P", platform.broker.service_secret, "-i", lane_client_id(Lane.BULK, 0),
                "-t", filters(Lane.BULK)[0], "-C", str(messages), "-F", "%t %p",
            ],
            stdout=subprocess.PIPE,
        )  # fmt: skip
        copy = "COPY peer FROM STDIN (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')"
        writer = subprocess.Popen(["psql", "-q", platform.database_url, "-c", copy], stdin=reader.stdout)
        time.sleep(1)  # it says nothing when it is connected; its session is there from before
        fleet.go()
        started, _ = fleet.report()
        reader.wait(240)
        writer.wait(240)
        ended = time.time()
        if reader.stdout is not None:
            reader.stdout.close()
    with platform.database.transaction() as conn:
        row = conn.execute("SELECT count(*) FROM peer").fetchone()
    if row is None or row[0] != messages:
        raise RuntimeError(f"the peer has stored {row and row[0]} of {messages}")
    return messages / (ended - started)
