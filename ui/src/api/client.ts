/** Requests to the server. Every failure becomes a `ProblemError`, so that a page can say what went wrong and what to do. */

import type { Params } from "~/context/search";
import type { Problem } from "./types";

export const BASE = "/api/v1";

export class ProblemError extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title || `the server answered ${problem.status}`);
    this.status = problem.status;
    this.problem = problem;
  }

  /** The server says that it does not have this (yet): no fault, an empty page. */
  get unavailable(): boolean {
    return this.status === 501 || (this.status === 404 && (this.problem.type ?? "").endsWith("not-available"));
  }

  get signedOut(): boolean {
    return this.status === 401;
  }
}

export function address(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== "") query.append(name, one);
  }
  const text = query.toString();
  return `${BASE}${path}${text ? `?${text}` : ""}`;
}

async function answer<T>(request: Promise<Response>): Promise<T> {
  let response: Response;
  try {
    response = await request;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ProblemError({
      status: 0,
      title: "The server cannot be reached",
      detail: "The server cannot be reached. Is `seawall up` running?",
    });
  }
  const type = response.headers.get("content-type") ?? "";
  if (!response.ok) {
    const problem: Partial<Problem> = type.includes("json") ? await response.json().catch(() => ({})) : {};
    throw new ProblemError({ ...problem, title: problem.title ?? response.statusText, status: response.status });
  }
  if (!type.includes("json")) {
    // A server that does not know a path of the API may answer the page itself.
    throw new ProblemError({ status: 501, type: "not-available", detail: "This server does not have this yet." });
  }
  return (await response.json()) as T;
}

export function get<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> {
  return answer<T>(fetch(address(path, params), { signal, headers: { Accept: "application/json" } }));
}

/** Posts JSON. The token of the cookie goes along as a header, which a foreign page cannot do. */
export function post<T>(path: string, body: unknown, params?: Params, signal?: AbortSignal): Promise<T> {
  const token = /(?:^|;\s*)seawall_csrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
  return answer<T>(
    fetch(address(path, params), {
      method: "POST",
      signal,
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-Seawall-CSRF": decodeURIComponent(token),
      },
      body: JSON.stringify(body),
    }),
  );
}
