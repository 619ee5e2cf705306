// The sections of the page, each filled from the picture.

import * as words from "/assets/words.js";
import { Table, byId, keyed, make, mark, pairs, say } from "/assets/parts.js";
import { ask, session } from "/assets/server.js";

const { count, took, size, share, part, rate, span, some, NOTHING } = words;
const none = {};

/** The caller's doing: refused, or told to slow down. */
const CALLERS = ["refused", "limited"];
const turnedAway = (of) => CALLERS.reduce((sum, kind) => sum + (of?.errors?.[kind] ?? 0), 0);
/** Failures that are the server's, not the caller's. */
const failures = (of) => Object.entries(of?.errors ?? none).reduce((sum, [kind, n]) => sum + (CALLERS.includes(kind) ? 0 : n), 0);

// ── how it is ───────────────────────────────────────────────────────────────

const LEVELS = {
  green: ["●", "All is well"],
  amber: ["▲", "Needs a look"],
  red: ["■", "Act now"],
};
const KINDS = { warning: ["▲", "Warning"], critical: ["■", "Critical"] };

function item() {
  const shape = make("span", "shape");
  mark(shape, "aria-hidden", "true");
  const kind = make("span", "kind");
  const title = make("strong");
  const since = make("span", "quiet since");
  const sentence = make("p");
  const evidence = make("p", "quiet evidence");
  const head = make("p", "line", shape, " ", kind, " ", title, " ", since);
  return { node: make("li", "", head, sentence, evidence), shape, kind, title, since, sentence, evidence };
}

function fillItem(piece, one, now) {
  const [shape, kind] = KINDS[one.level] ?? ["→", ""];
  mark(piece.node, "data-level", one.level ?? "advice");
  say(piece.shape, shape);
  say(piece.kind, kind);
  piece.kind.hidden = !kind;
  say(piece.title, one.title ?? one.code);
  say(piece.since, one.since ? `since ${words.moment(one.since, now)}, ${span(Date.parse(now) - Date.parse(one.since))}` : "");
  piece.since.hidden = !one.since;
  say(piece.sentence, one.sentence ?? "");
  say(piece.evidence, one.evidence ?? "");
  piece.evidence.hidden = !one.evidence;
}

const about = (one) => `${one.code} ${one.about ?? ""} ${one.title}`;
const alerts = keyed(byId("alerts"), item);
const advice = keyed(byId("advice"), item);

export function level(picture) {
  const [shape, word] = LEVELS[picture.level] ?? ["?", "Not known"];
  mark(byId("level"), "data-level", picture.level);
  say(byId("verdict-shape"), shape);
  say(byId("verdict-word"), word);
  const of = (level) => picture.alerts.filter((alert) => alert.level === level).length;
  const [critical, warning] = [of("critical"), of("warning")];
  const parts = [critical && some(critical, "critical alert"), warning && some(warning, "warning")].filter(Boolean);
  say(byId("verdict-more"), parts.length ? parts.join(" and ") : "No alert stands.");
  alerts(picture.alerts, about, (piece, one) => fillItem(piece, one, picture.at));
  byId("alerts").hidden = picture.alerts.length === 0;
  byId("advice-section").hidden = picture.advice.length === 0;
  advice(picture.advice, about, (piece, one) => fillItem(piece, one, picture.at));
  const title = `${shape} ${parts.length ? parts.join(", ") : word} – Till server`;
  if (document.title !== title) document.title = title;
}

// ── now ─────────────────────────────────────────────────────────────────────

const OVER = { minute: "last minute", hour: "last hour", start: "since start" };
let over = "minute";
const now = pairs(byId("now"));
const today = pairs(byId("today"));

export function chooseWindow(name) {
  over = name;
}

export function requests(picture) {
  const of = picture.requests[over];
  const all = picture.cache ?? [];
  const hits = all.reduce((sum, ns) => sum + ns.hits, 0);
  const asked = all.reduce((sum, ns) => sum + ns.hits + ns.misses + (ns.waits ?? 0), 0);
  const { writer, pool } = picture;
  const bad = failures(of);
  now([
    ["Requests a second", rate(of.per_second_thousandths), some(of.count, "request")],
    ["p50", took(of.count ? of.p50_us : null), "half within"],
    ["p95", took(of.count ? of.p95_us : null), "95 of 100 within"],
    ["p99", took(of.count ? of.p99_us : null), `slowest ${took(of.count ? of.max_us : null)}`],
    ["Failed", part(bad, of.count), bad ? some(bad, "failure") : `${count(turnedAway(of))} refused`, bad ? "bad" : null],
    ["Cache hits", asked ? share(Math.floor((1_000 * hits) / asked)) : NOTHING, "since start"],
    ["Writes waiting", count(writer.queue), `of ${count(writer.queue_max)}`, writer.queue * 2 > writer.queue_max ? "bad" : null],
    ["Readers free", count(pool.idle), `of ${count(pool.readers)}`, pool.idle === 0 ? "bad" : null],
  ]);
}

export function service(picture) {
  const of = picture.today;
  say(byId("today-date"), of?.date ?? "");
  if (!of) return today([["Today", NOTHING, "not read yet"]]);
  const waiting = of.oldest_ticket_at ? `oldest ${span(Date.parse(picture.at) - Date.parse(of.oldest_ticket_at))}` : "none";
  return today([
    ["Sales", words.money(of.sales, session()?.house?.currency), some(of.orders, "order settled", "orders settled")],
    ["Open orders", count(of.open_orders), "now"],
    ["Last order", words.clock(of.last_order_at), of.last_order_at ? words.ago(of.last_order_at, picture.at) : "none yet"],
    ["Kitchen waiting", count(of.tickets_waiting), of.tickets_waiting ? waiting : "no ticket"],
  ]);
}

// ── tables ──────────────────────────────────────────────────────────────────

const number = (key, label, value, show, more) => ({ key, label, order: value, show: (row) => show(value(row)), number: true, ...more });
const warn = (bad) => (row) => (bad(row) ? "bad" : null);
/** Without what all of them begin with. */
const called = (row) => `${row.method} ${row.route.replace(/^\/api\/v1(?=\/)/, "")}`;
const whenAny = (of, value) => (of?.count ? value : null);

const routes = new Table(byId("routes"), {
  caption: "Routes",
  key: (row) => `${row.method} ${row.route}`,
  sort: "count",
  empty: "No request was answered in this time.",
  columns: [
    { key: "route", label: "Route", order: (row) => `${row.route} ${row.method}`, show: called },
    number("count", "Requests", (row) => row[over]?.count, count),
    number("failed", "Failed", (row) => failures(row[over]), count, { state: warn((row) => failures(row[over]) > 0) }),
    number("refused", "Refused", (row) => turnedAway(row[over]), count, { minor: true }),
    number("mean", "Mean", (row) => whenAny(row[over], row[over]?.mean_us), took, { minor: true }),
    number("p50", "p50", (row) => whenAny(row[over], row[over]?.p50_us), took, { minor: true }),
    number("p95", "p95", (row) => whenAny(row[over], row[over]?.p95_us), took),
    number("p99", "p99", (row) => whenAny(row[over], row[over]?.p99_us), took, { minor: true }),
    number("max", "Max", (row) => whenAny(row[over], row[over]?.max_us), took, { minor: true }),
  ],
});

/** Statements of which the analyser says that they scan what grows and never said so. */
let scanning = new Set();

const statements = new Table(byId("statements"), {
  caption: "Statements that took most time",
  key: (row) => row.name,
  sort: "total",
  press: plan,
  columns: [
    { key: "name", label: "Statement", order: (row) => row.name, show: (row) => row.name },
    number("runs", "Runs", (row) => row.runs, count),
    number("rows", "Rows", (row) => row.rows, count, { minor: true }),
    number("total", "Time", (row) => row.total_us, took),
    number("share", "Share", (row) => row.share_per_mille, share, { minor: true }),
    number("mean", "Mean", (row) => row.mean_us, took, { minor: true }),
    number("p95", "p95", (row) => row.p95_us, took),
    number("p99", "p99", (row) => row.p99_us, took, { minor: true }),
    number("indexed", "By index", (row) => row.indexed_per_mille, share, { minor: true }),
    number("scan", "Scan steps", (row) => row.scan_steps, count, {
      minor: true,
      state: warn((row) => scanning.has(row.name)),
      title: (row) => (row.scan_steps > 0 && row.declared ? row.declared : null),
    }),
    number("sorts", "Sorts", (row) => row.sorts, count, { minor: true }),
    number("auto", "Auto indexes", (row) => row.auto_indexes, count, { minor: true, state: warn((row) => row.auto_indexes > 0) }),
    number("vm", "VM steps", (row) => row.vm_steps, count, { minor: true }),
  ],
});

/** The plan as SQLite has it now, read when somebody asks. */
async function plan(row, into) {
  into.append(make("p", "quiet", "Reading the plan …"));
  const shown = [];
  try {
    const told = await ask(`/api/v1/stats/statements/${encodeURIComponent(row.name)}/plan`);
    const steps = told.steps.map((step) => `${"  ".repeat(step.depth)}${step.detail}`);
    shown.push(make("pre", "sql", told.sql.replace(/\n\s+/g, "\n  ")));
    shown.push(make("pre", "plan", steps.length ? steps.join("\n") : "It reads no table."));
    for (const flag of told.flags) shown.push(make("p", "wrong", `▲ Gets slower with the years: ${flag}`));
    if (told.declared) shown.push(make("p", "quiet", `Why it may scan or sort: ${told.declared}`));
  } catch (error) {
    shown.push(make("p", "wrong", `The plan cannot be read: ${error.message}`));
  }
  into.replaceChildren(...shown);
}

const repeats = new Table(byId("repeats"), {
  caption: "Statements run many times within one request",
  key: (row) => `${row.statement} ${row.method ?? ""} ${row.route}`,
  sort: "requests",
  columns: [
    { key: "statement", label: "Statement", order: (row) => row.statement, show: (row) => row.statement },
    { key: "route", label: "Route", order: (row) => row.route, show: called },
    number("requests", "Requests", (row) => row.requests, count, { minor: true }),
    number("runs", "Most runs", (row) => row.runs_max, count),
    number("took", "Time", (row) => row.total_us, took, { minor: true }),
  ],
});

const cache = new Table(byId("cache"), {
  caption: "Cache namespaces",
  key: (row) => row.name,
  sort: "name",
  descending: false,
  columns: [
    { key: "name", label: "Namespace", order: (row) => row.name, show: (row) => row.name },
    number("rate", "Hit rate", (row) => row.hit_per_mille, share, { state: warn((row) => row.hits + row.misses > 100 && row.hit_per_mille < 500) }),
    number("hits", "Hits", (row) => row.hits, count),
    number("misses", "Misses", (row) => row.misses, count, { minor: true }),
    number("ahead", "Ahead", (row) => row.ahead, count, { minor: true }),
    number("entries", "Entries", (row) => row.entries, count, { minor: true }),
    number("bytes", "Size", (row) => row.bytes, size, { minor: true }),
    number("budget", "Budget", (row) => row.bytes_max, size, { minor: true }),
    number("ttl", "For", (row) => row.ttl_s, (s) => span(1_000 * s), { minor: true }),
    number("fills", "Fills", (row) => row.fills, count, { minor: true }),
    number("filltime", "Fill time", (row) => (row.fills ? row.fill_mean_us : null), took, { minor: true }),
    number("waits", "Waits", (row) => row.waits, count, { minor: true }),
    number("waittime", "Wait time", (row) => (row.waits ? row.wait_mean_us : null), took, { minor: true }),
    number("evictions", "Evicted", (row) => row.evictions, count, { minor: true }),
    number("expiries", "Expired", (row) => row.expiries, count, { minor: true }),
    number("invalidations", "Invalidated", (row) => row.invalidations, count, { minor: true }),
    number("droptime", "By name", (row) => (row.drops ? row.drop_mean_us : null), took, { minor: true }),
  ],
});

/** Commits let go of entries within this, or terminals wait for their answers, in µs. */
const INVALIDATION_TARGET_US = 5_000;

/** What commits cost the cache, in one line. */
function lettingGo(of) {
  const line = byId("invalidations");
  if (!of?.count) return say(line, "No commit has let go of anything yet.");
  const late = of.max_us >= INVALIDATION_TARGET_US;
  mark(line, "class", late ? "wrong num" : "quiet num");
  const verdict = `${late ? "✗ not under" : "✓ under"} ${took(INVALIDATION_TARGET_US)}`;
  return say(line, `Commits let go of what they changed ${some(of.count, "time")}: ${took(of.mean_us)} on average, at most ${took(of.max_us)}, ${verdict}.`);
}

const slow = new Table(byId("slow"), {
  caption: "Slow requests, newest first",
  key: (row) => row.request_id,
  sort: "at",
  empty: "None.",
  press: (row, into) => {
    const list = make("ul", "runs");
    for (const one of row.statements ?? []) {
      list.append(make("li", "num", `${one.name}: ${some(one.runs, "run")}, ${some(one.rows, "row")}, ${took(one.us)}`));
    }
    const id = make("p", "quiet", "Request ", make("code", "", row.request_id));
    into.append(list.childElementCount ? list : make("p", "quiet", "No statement ran."), id);
  },
  columns: [
    { key: "at", label: "At", order: (row) => row.at, show: (row) => row.shown },
    { key: "route", label: "Route", order: (row) => row.route, show: called },
    number("status", "Status", (row) => row.status, String, { minor: true }),
    number("app", "Took", (row) => row.app_us, took),
    number("db", "Database", (row) => row.db_us, took, { minor: true }),
    { key: "cache", label: "Cache", minor: true, order: (row) => row.cache, show: (row) => row.cache ?? NOTHING },
    number("waits", "Waited", (row) => (row.queue_us ?? 0) + (row.reader_us ?? 0), took, { minor: true }),
    number("commit", "Commit", (row) => row.commit_us, took, { minor: true }),
  ],
});

const measured = (row, value) => {
  if (value === null || value === undefined) return NOTHING;
  if (row.unit === "per_mille") return share(value);
  if (row.unit === "ppm") return value === 0 ? part(0, 1) : part(value, 1_000_000);
  return took(value);
};

const targets = pairs(byId("targets"));

function wanted(picture) {
  const known = picture.targets.filter((row) => row.met !== null);
  say(byId("targets-over"), `${known.filter((row) => row.met).length} of ${picture.targets.length} met since start`);
  targets(picture.targets.map((row) => {
    const limit = `wanted ${row.unit === "per_mille" ? "over" : "under"} ${measured(row, row.target)}`;
    const verdict = row.met === null ? "… not measured yet" : row.met ? "✓ met" : "✗ not met";
    return [row.title, measured(row, row.measured), `${verdict}, ${limit}`, row.met === false ? "bad" : null];
  }));
}

// ── writer, system ──────────────────────────────────────────────────────────

const STATES = { writable: "writable", full: "read only: disk full", damaged: "read only: file damaged", stopping: "stopping" };

const writer = pairs(byId("writer"));
const system = pairs(byId("system"));

const two = (of) => (of?.count ? `${took(of.p50_us)} · p95 ${took(of.p95_us)}` : NOTHING);
const most = (of) => (of?.count ? `at most ${took(of.max_us)}` : null);

function writing(picture) {
  const { writer: w, pool, events } = picture;
  const [wait, run, commit, reader] = [w.queue_wait, w.run, w.commit, pool.waits].map((of) => of.hour);
  writer([
    ["State", STATES[w.state] ?? w.state, null, w.state === "writable" ? null : "bad"],
    ["Waiting for their turn", `${count(w.queue)} of ${count(w.queue_max)}`],
    ["Batches", count(w.batches), `${count(w.jobs)} writes, ${rate(w.batch_jobs_mean_thousandths)} a batch, p95 ${count(w.batch_jobs?.start?.p95)}, at most ${count(w.batch_jobs_max)}`],
    w.jobs_lost > 0 && ["Writes lost with their batch", count(w.jobs_lost), "their terminals were told to try again", "bad"],
    ["Wait for a turn", two(wait), most(wait)],
    ["Run of a batch", two(run), most(run)],
    ["Commit and sync", two(commit), most(commit)],
    ["Write-ahead log", size(w.wal_bytes)],
    ["Checkpoints", count(w.checkpoints.passive + w.checkpoints.truncate), w.checkpoints.stalled ? `${count(w.checkpoints.stalled)} stalled` : null],
    ["Readers free", `${count(pool.idle)} of ${count(pool.readers)}`, pool.warning, pool.idle === 0 ? "bad" : null],
    ["Wait for a reader", two(reader), most(reader)],
    ["No reader in time", count(pool.refused), null, pool.refused ? "bad" : null],
    ["Event streams", count(events.streams), events.lag ? `slowest ${some(events.lag, "record")} behind` : null],
  ]);
}

function machine(picture) {
  const s = picture.system;
  const free = s.disk_bytes ? `of ${size(s.disk_bytes)}` : null;
  const budget = s.memory_budget_bytes ? `of ${size(s.memory_budget_bytes)}` : null;
  const tight = s.disk_bytes && (s.disk_free_bytes < 1e9 || s.disk_free_bytes * 20 < s.disk_bytes);
  system([
    ["Version", s.version],
    ["Up for", span(1_000 * picture.uptime_s), `since ${words.moment(s.started_at, picture.at)}`],
    ["Memory", size(s.rss_bytes), budget, s.memory_budget_bytes && s.rss_bytes > s.memory_budget_bytes ? "bad" : null],
    ["Of it the cache", size(s.cache_bytes), `the timing ${size(s.timing_bytes)}`],
    ["Processor", share(s.cpu_per_mille), "of one core"],
    ["The restaurant’s file", size(s.db_bytes)],
    ["Its log", size(s.wal_bytes)],
    ["Statistics file", size(s.stats_bytes), s.history.trouble, s.history.trouble ? "bad" : null],
    ["Disk free", size(s.disk_free_bytes), free, tight ? "bad" : null],
    ["Last backup", ...backupWords(s, picture.at)],
    ["Clock", ...clockWords(s.clock)],
  ]);
}

function backupWords({ last_backup_at: at, backup }, now) {
  const when = at ? words.moment(at, now) : "never";
  if (backup.trouble) return [when, `failed ${words.ago(backup.failed_at, now)}: ${backup.trouble}`, "bad"];
  if (backup.same_disk) return [when, "on the same disk as the file", "bad"];
  return [when, at ? words.ago(at, now) : null];
}

function clockWords({ moved_ms, behind_ms }) {
  if (behind_ms > 0) return ["behind", `the journal by ${span(behind_ms)}`, "bad"];
  if (Math.abs(moved_ms) > 2_000) return ["moved", `by ${span(Math.abs(moved_ms))} within the last hour`, "bad"];
  return ["steady", null, null];
}

export function tables(picture) {
  say(byId("routes-over"), OVER[over]);
  routes.update((picture.routes ?? []).filter((row) => row[over]?.count));
  const scans = (picture.findings ?? []).filter((found) => found.code === "undeclared_scan");
  scanning = new Set(scans.map((found) => found.about));
  statements.update(picture.statements ?? []);
  say(byId("indexed"), share(picture.indexed_per_mille));
  repeats.update(picture.repeats ?? []);
  byId("repeats-part").hidden = !picture.repeats?.length;
  cache.update(picture.cache ?? []);
  lettingGo(picture.cache_invalidations);
  const limit = picture.slow_limit_ms;
  say(byId("slow-over"), limit ? `over ${took(1_000 * limit)}` : "");
  slow.update((picture.slow ?? []).map((row) => ({ ...row, shown: `${words.day(row.at) === words.day(picture.at) ? "" : `${words.day(row.at)} `}${words.clockSeconds(row.at)}` })));
  wanted(picture);
  writing(picture);
  machine(picture);
}
