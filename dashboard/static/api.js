// Requests to our own server.

/** What the server refused, with its words, its status and what else it said. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body?.detail ?? String(status));
    this.status = status;
    this.body = body ?? {};
  }
}

async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal(0, null);
  }
  const said = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new Refusal(answer.status, said);
  return said;
}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body);
export const put = (path, body) => ask("PUT", path, body);
export const remove = (path) => ask("DELETE", path);

/** How every part is; the body is there also when the status says that the database is away. */
export async function health() {
  const answer = await fetch("/api/health");
  return answer.json();
}
