// The conversation with the server: signing in, asking, and the live stream of figures, which is read with
// fetch so that the token travels in its header and never in an address.

const KEPT_AS = "comanda.stats.session";
/** The stream sends every 2 s; a connection silent for so long is dead. */
const SILENT_MS = 20_000;
const ANSWER_MS = 10_000;
const WAIT_FIRST_MS = 500;
const WAIT_LONGEST_MS = 5_000;

/** A refusal, with the problem the server told. */
export class Refused extends Error {
  constructor(status, problem, retryAfter) {
    super(problem?.detail ?? problem?.title ?? `The server answered ${status}.`);
    this.status = status;
    this.code = problem?.code;
    this.retryAfter = retryAfter;
  }

  get signedOut() {
    return this.status === 401 || this.status === 403;
  }
}

export function session() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT_AS));
  } catch {
    return null;
  }
}

function keep(session) {
  if (session) sessionStorage.setItem(KEPT_AS, JSON.stringify(session));
  else sessionStorage.removeItem(KEPT_AS);
}

async function call(path, { signal, ...how } = {}) {
  const headers = { ...how.headers };
  const token = session()?.token;
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(path, { ...how, headers, signal, cache: "no-store", credentials: "omit" });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => null);
  throw new Refused(answer.status, problem, Number(answer.headers.get("retry-after")) || null);
}

export async function signIn(staff, pin) {
  keep(null);
  const answer = await call("/api/v1/stats/sessions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ staff, pin }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const { token, staff: who, house } = await answer.json();
  keep({ token, name: who.name, role: who.role, house });
}

export async function signOut() {
  // Gone from here whatever the server says; what it cannot be told now expires there by itself.
  const told = session() && call("/api/v1/stats/sessions/current", { method: "DELETE", signal: AbortSignal.timeout(ANSWER_MS) });
  try {
    await told;
  } catch {
    // Nothing more can be done.
  }
  keep(null);
}

export const forget = () => keep(null);

/** What keeps the server from writing, in its own words; nothing where all is well or it does not answer. */
export async function trouble() {
  try {
    await call("/readyz", { signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (error) {
    if (error instanceof Refused && ["read_only", "damaged"].includes(error.code)) return error.message;
  }
  return null;
}

/** The JSON at a path. */
export async function ask(path) {
  return (await call(path, { signal: AbortSignal.timeout(ANSWER_MS) })).json();
}

/**
 * Keeps the stream open for as long as it is wanted, through restarts of the server.
 * `on.picture(picture)`, `on.open()`, `on.away()`, `on.signedOut(refused)`. Returns what ends it.
 */
export function live(on) {
  let wanted = true;
  let connection = null;
  let wake = null;

  const pause = (ms) =>
    new Promise((go) => {
      const timer = setTimeout(go, ms);
      wake = () => {
        clearTimeout(timer);
        go();
      };
    });

  async function once() {
    connection = new AbortController();
    const { signal } = connection;
    let silence = setTimeout(() => connection.abort(), ANSWER_MS);
    try {
      const answer = await call("/api/v1/stats/live", { signal, headers: { accept: "text/event-stream" } });
      on.open();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        clearTimeout(silence);
        silence = setTimeout(() => connection.abort(), SILENT_MS);
        const { value, done } = await reader.read();
        if (done) return;
        text += value;
        const events = text.split(/\r?\n\r?\n/);
        text = events.pop();
        for (const event of events) heard(event);
      }
    } finally {
      clearTimeout(silence);
      connection.abort();
    }
  }

  function heard(event) {
    const lines = event.split(/\r?\n/).filter((line) => line.startsWith("data:"));
    if (!lines.length) return;
    try {
      on.picture(JSON.parse(lines.map((line) => line.slice(5).trimStart()).join("\n")));
    } catch (error) {
      // Ours, not the connection's.
      reportError(error);
    }
  }

  async function run() {
    let wait = WAIT_FIRST_MS;
    while (wanted) {
      const began = performance.now();
      try {
        await once();
      } catch (error) {
        if (wanted && error instanceof Refused && error.signedOut) {
          wanted = false;
          on.signedOut(error);
        }
      }
      if (!wanted) return;
      // One that held for a while was well: begin the waits anew.
      if (performance.now() - began > SILENT_MS) wait = WAIT_FIRST_MS;
      on.away();
      await pause(wait);
      wait = Math.min(2 * wait, WAIT_LONGEST_MS);
    }
  }

  const again = () => wake?.();
  const seen = () => document.hidden || again();
  addEventListener("online", again);
  document.addEventListener("visibilitychange", seen);
  run();
  return () => {
    wanted = false;
    connection?.abort();
    wake?.();
    removeEventListener("online", again);
    document.removeEventListener("visibilitychange", seen);
  };
}
