// The two curves over time, drawn by uPlot, with a sentence each for whoever cannot see them.

import { NOTHING, took, rate } from "/assets/words.js";
import { byId, say } from "/assets/parts.js";
import { ask } from "/assets/server.js";

const HOUR_S = 3_600;
// Minutes are kept for 48 h: a little less is asked for, so that the server's clock may go on meanwhile.
const RANGES = { "1h": HOUR_S, "48h": 48 * HOUR_S - 120, "400d": 400 * 24 * HOUR_S };
/** How often a range is read anew: its newest point changes no faster. */
const RENEWED_MS = { "1h": 20_000, "48h": 60_000, "400d": 600_000 };
const HEIGHT = 190;

const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
const highest = (values) => Math.max(...values);

const CHARTS = [
  {
    id: "chart-requests",
    series: [{ metric: "requests", label: "a second", colour: "--curve-1", fill: "--curve-1-fill", width: 1.5, value: (v, step) => v / step }],
    keep: mean,
    words: (u) => told(u, 1, (v) => rate(v * 1_000)),
    unit: (v) => rate(v * 1_000),
  },
  {
    id: "chart-latency",
    series: [
      { metric: "request_p50_us", label: "p50", colour: "--curve-2", width: 1.5 },
      { metric: "request_p95_us", label: "p95", colour: "--curve-1", width: 2 },
      { metric: "request_p99_us", label: "p99", colour: "--curve-3", width: 1.5, dash: [5, 4] },
    ].map((one) => ({ ...one, value: (v) => v / 1_000 })),
    keep: highest,
    words: (u) => told(u, 2, (v) => took(Math.round(v * 1_000)), "p95 "),
    unit: (v) => took(Math.round(v * 1_000)),
  },
];

let range = "1h";
let offset_ms = 0;
let read_at = -Infinity;
let reading = false;
let wanted = 0;
const plots = new Map();

/** Times on the restaurant's own clock, whatever zone the reader sits in. */
function zoneOf(at) {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(at ?? "") ?? [null, "+", "0", "0"];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

const local = (s) => new Date(s * 1_000 + offset_ms);
const hhmm = (s) => local(s).toISOString().slice(11, 16);
const mmdd = (s) => local(s).toISOString().slice(5, 10);

function told(data, which, show, name = "") {
  const [times, values] = [data[0], data[which]];
  let sum = 0;
  let n = 0;
  let top = -1;
  values.forEach((value, place) => {
    if (value === null) return;
    sum += value;
    n += 1;
    if (top < 0 || value > values[top]) top = place;
  });
  if (!n) return "nothing yet";
  const when = range === "1h" ? hhmm(times[top]) : `${mmdd(times[top])} ${hhmm(times[top])}`;
  return `${name}${show(sum / n)} on average, at most ${show(values[top])} at ${when}`;
}

async function curve(metric, from, to) {
  const text = (s) => new Date(s * 1_000).toISOString();
  const query = new URLSearchParams({ metric, from: text(from), to: text(to) });
  const { points, step_s } = await ask(`/api/v1/stats/history?${query}`);
  return { step: step_s, points: new Map(points) };
}

/** The same times for all curves; a minute that was not served is a gap. */
async function load(chart, now) {
  const from = Math.floor(now - RANGES[range]);
  const curves = await Promise.all(chart.series.map((one) => curve(one.metric, from, Math.ceil(now))));
  const step = curves[0].step;
  const times = [...new Set(curves.flatMap((one) => [...one.points.keys()]))].sort((a, b) => a - b);
  const whole = [];
  for (const at of times) {
    const last = whole.at(-1);
    if (last !== undefined && at - last > 1.5 * step) whole.push(last + step);
    whole.push(at);
  }
  const values = curves.map(({ points }, n) =>
    whole.map((at) => (points.has(at) ? chart.series[n].value(points.get(at), step) : null)));
  return { data: [whole, ...values], from, to: Math.ceil(now) };
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(chart, width) {
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1, size: 4 }, font: "12px system-ui, sans-serif", gap: 4 };
  const stamp = (_, splits) => splits.map((s) => (range === "400d" || local(s).toISOString().slice(11, 16) === "00:00" ? mmdd(s) : hhmm(s)));
  return {
    width,
    height: HEIGHT,
    tzDate: (s) => uPlot.tzDate(local(s), "Etc/UTC"),
    padding: [8, 8, 0, 0],
    hooks: { setCursor: [latest] },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    legend: { markers: { dash: (_, n) => (chart.series[n - 1]?.dash ? "dashed" : "solid"), width: 3 } },
    scales: { x: { time: true, range: () => plots.get(chart.id)?.span ?? [0, 1] }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
    axes: [
      { ...axis, size: 26, space: 56, values: stamp },
      { ...axis, size: 48, space: 34, values: (_, splits) => splits.map((v) => String(Number(v.toPrecision(3)))) },
    ],
    series: [
      { label: "", value: (_, s) => (s === null || s === undefined ? NOTHING : `${range === "1h" ? "" : `${mmdd(s)} `}${hhmm(s)}`) },
      ...chart.series.map((one) => ({
        label: one.label,
        stroke: colour(one.colour),
        fill: one.fill && colour(one.fill),
        width: one.width,
        dash: one.dash,
        points: { show: false },
        spanGaps: false,
        value: (_, v) => (v === null || v === undefined ? NOTHING : chart.unit(v)),
      })),
    ],
  };
}

/** No more points than the drawing has room for: `keep` makes one of several. */
function thinned(data, room, keep) {
  const each = Math.ceil(data[0].length / Math.max(50, room));
  if (each < 2) return data;
  const starts = data[0].filter((_, place) => place % each === 0);
  const several = (values, n) => values.slice(n * each, (n + 1) * each).filter((v) => v !== null);
  const fewer = (values) => starts.map((_, n) => (several(values, n).length ? keep(several(values, n)) : null));
  return [starts, ...data.slice(1).map(fewer)];
}

/** What stands beside the names while nobody points at a moment: the latest. */
function latest(plot) {
  const pointed = plot.cursor.idx !== null && plot.cursor.idx !== undefined;
  if (!pointed && plot.data[0].length) plot.setLegend({ idx: plot.data[0].length - 1 });
}

function draw(chart, loaded) {
  const place = byId(chart.id).querySelector(".plot");
  const kept = plots.get(chart.id);
  const span = [loaded.from, loaded.to];
  const shown = thinned(loaded.data, place.clientWidth / 3, chart.keep);
  if (kept?.plot) {
    kept.span = span;
    kept.data = loaded.data;
    kept.plot.setData(shown);
    latest(kept.plot);
  } else {
    const entry = { span, data: loaded.data };
    plots.set(chart.id, entry);
    entry.plot = new uPlot(options(chart, place.clientWidth), shown, place);
    latest(entry.plot);
    entry.watch = new ResizeObserver(() => entry.plot.setSize({ width: place.clientWidth, height: HEIGHT }));
    entry.watch.observe(place);
  }
  say(byId(`${chart.id}-words`), chart.words(loaded.data));
}

/** Colours stand in the drawing: it is made anew when the scheme changes. */
function redraw() {
  for (const chart of CHARTS) {
    const kept = plots.get(chart.id);
    if (!kept?.plot) continue;
    kept.watch.disconnect();
    kept.plot.destroy();
    plots.delete(chart.id);
    draw(chart, { data: kept.data, from: kept.span[0], to: kept.span[1] });
  }
}

async function renew(now, failed) {
  if (reading) return;
  reading = true;
  read_at = performance.now();
  const asked = wanted;
  try {
    for (const chart of CHARTS) {
      const loaded = await load(chart, now);
      // The range was switched meanwhile.
      if (asked !== wanted) break;
      draw(chart, loaded);
    }
  } catch (error) {
    failed(error);
    for (const chart of CHARTS) if (!plots.has(chart.id)) say(byId(`${chart.id}-words`), "the history cannot be read now");
  } finally {
    reading = false;
    if (asked !== wanted) renew(now, failed);
  }
}

let last = null;

/** Called with every picture; reads the curves when they are due. */
export function charts(picture, failed) {
  offset_ms = zoneOf(picture.at);
  last = { now: Date.parse(picture.at) / 1_000, failed };
  if (performance.now() - read_at > RENEWED_MS[range]) renew(last.now, failed);
}

for (const choice of document.querySelectorAll("input[name=range]")) {
  choice.addEventListener("change", () => {
    range = choice.value;
    wanted += 1;
    if (last) renew(last.now, last.failed);
  });
  if (choice.checked) range = choice.value;
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
