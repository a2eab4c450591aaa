// Requests to our own server, typed by its own description (schema.d.ts, made by `python -m tests.console_types`).

import type { paths } from "./schema";

/** What the server refused, with its words, its status (0: not reached) and what else it said. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: Record<string, unknown>,
  ) {
    super(typeof body.detail === "string" ? body.detail : String(status));
  }
}

type Method = "get" | "post" | "put" | "delete";
type Operation<P extends keyof paths, M extends Method> = paths[P][M];
/** The addresses that take this method. */
export type PathsOf<M extends Method> = {
  [P in keyof paths]: Operation<P, M> extends { responses: unknown } ? P : never;
}[keyof paths];

type Json<R> = R extends { content: { "application/json": infer T } } ? T : null;
/** What this operation answers where all goes well. */
export type Answer<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer R }
    ? R extends { 200: infer A }
      ? Json<A>
      : R extends { 201: infer A }
        ? Json<A>
        : null
    : never;
type Parameter<P extends keyof paths, M extends Method, Kind extends "path" | "query"> =
  Operation<P, M> extends { parameters: infer A } ? (Kind extends keyof A ? A[Kind] : never) : never;
type Body<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody: { content: { "application/json": infer T } } } ? T : never;

/** The gaps in the address, what follows the question mark, and the body; each where the operation has it. */
interface Asked<P extends keyof paths, M extends Method> {
  path?: Parameter<P, M, "path">;
  query?: Parameter<P, M, "query">;
  body?: Body<P, M>;
  signal?: AbortSignal;
}

function address(path: string, values: object = {}, query: object = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((values as Record<string, unknown>)[name])),
  );
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const each = asked.flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
  const search = new URLSearchParams(each).toString();
  return search ? `${filled}?${search}` : filled;
}

let sessionIsOver: () => unknown = () => {};

/** `listener` is called where the server says that nobody is logged in here (any more). */
export function onSessionOver(listener: () => unknown): void {
  sessionIsOver = listener;
}

async function ask(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  const init: RequestInit = { method };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const answer = await fetch(url, init).catch((problem: unknown) => {
    if (signal?.aborted) throw problem;
    throw new Refusal(0, {});
  });
  if (answer.status === 401 && url !== "/api/session") sessionIsOver();
  if (!answer.ok) throw new Refusal(answer.status, await answer.json().catch(() => ({})));
  return answer.status === 204 ? null : answer.json();
}

const asks =
  <M extends Method>(method: M) =>
  <P extends PathsOf<M>>(path: P, asked: Asked<P, M> = {}): Promise<Answer<P, M>> =>
    ask(method.toUpperCase(), address(path, asked.path, asked.query), asked.body, asked.signal) as Promise<
      Answer<P, M>
    >;

export const get = asks("get");
export const post = asks("post");
export const put = asks("put");
export const remove = asks("delete");

/** The status of a refusal; 0 where the server was not reached or something else went wrong. */
export const statusOf = (problem: unknown): number => (problem instanceof Refusal ? problem.status : 0);

/** How every part is; the body is there also when the status says that the database is away. */
export async function health(): Promise<Answer<"/api/health", "get">> {
  const answer = await fetch("/api/health");
  return (await answer.json()) as Answer<"/api/health", "get">;
}
