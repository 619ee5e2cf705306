// Figures as people read them. Amounts of money stay whole numbers and text all the way.

export const NOTHING = "–";
const THIN = "\u202f";

const formats = new Map();
function plain(value, digits) {
  if (!formats.has(digits)) {
    formats.set(digits, new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  }
  return formats.get(digits).format(value);
}

const known = (value) => value !== null && value !== undefined;

/** A whole number: 12,345. */
export const count = (n) => (known(n) ? plain(n, 0) : NOTHING);

/** Three digits that matter: 0.004, 4.21, 42.1, 421. */
function three(value) {
  return plain(value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** From microseconds, in the unit that suits: 840 µs, 4.21 ms, 1.24 s. */
export function took(us) {
  if (!known(us)) return NOTHING;
  if (us < 1_000) return `${plain(us, 0)}${THIN}µs`;
  if (us < 1_000_000) return `${three(us / 1_000)}${THIN}ms`;
  if (us < 120_000_000) return `${three(us / 1_000_000)}${THIN}s`;
  return span(us / 1_000);
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** From bytes: 35.2 MB. */
export function size(bytes) {
  if (!known(bytes)) return NOTHING;
  let unit = 0;
  let value = bytes;
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? plain(value, 0) : three(value)}${THIN}${UNITS[unit]}`;
}

/** From thousandths: 98.2 %. */
export const share = (perMille) => (known(perMille) ? `${plain(perMille / 10, 1)}${THIN}%` : NOTHING);

/** A few of many: 0.03 %, and 0 % only for none. */
export function part(few, many) {
  if (!many) return NOTHING;
  if (few === 0) return `0${THIN}%`;
  const percent = (100 * few) / many;
  return percent < 0.01 ? `<${plain(0.01, 2)}${THIN}%` : `${plain(percent, percent < 10 ? 2 : 1)}${THIN}%`;
}

/** From thousandths a second: 48.3. */
export function rate(thousandths) {
  if (!known(thousandths)) return NOTHING;
  const value = thousandths / 1_000;
  return plain(value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** A length of time from milliseconds: 42 s, 12 min, 3 h 20 min, 5 d 4 h. */
export function span(ms) {
  if (!known(ms) || Number.isNaN(ms)) return NOTHING;
  const s = Math.max(0, Math.round(ms / 1_000));
  const unit = (n, name) => `${plain(n, 0)}${THIN}${name}`;
  const two = (a, an, b, bn) => (b ? `${unit(a, an)} ${unit(b, bn)}` : unit(a, an));
  if (s < 60) return unit(s, "s");
  if (s < 3_600) return unit(Math.floor(s / 60), "min");
  if (s < 86_400) return two(Math.floor(s / 3_600), "h", Math.floor((s % 3_600) / 60), "min");
  return two(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3_600), "h");
}

/** The restaurant's own clock, whatever zone the reader sits in: RFC 3339 says it as it was there. */
export const clock = (at) => (at ? at.slice(11, 16) : NOTHING);
export const clockSeconds = (at) => (at ? at.slice(11, 19) : NOTHING);
export const day = (at) => (at ? at.slice(0, 10) : NOTHING);

/** A moment near `now`: its time alone on the same day, else with its date. */
export function moment(at, now) {
  if (!at) return NOTHING;
  return day(at) === day(now) ? clock(at) : `${day(at)} ${clock(at)}`;
}

/** How long ago, from two RFC 3339 times. */
export function ago(at, now) {
  if (!at) return NOTHING;
  return `${span(Date.parse(now) - Date.parse(at))} ago`;
}

/** An amount in minor units, in its currency's form; never a float. */
export function money(minor, currency) {
  if (!known(minor)) return NOTHING;
  if (!currency) return count(minor);
  let form;
  try {
    form = new Intl.NumberFormat(undefined, { style: "currency", currency });
  } catch {
    return `${count(minor)} ${currency}`;
  }
  const digits = form.resolvedOptions().maximumFractionDigits;
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  return form.format(`${minor < 0 ? "-" : ""}${whole}${digits ? `.${text.slice(-digits)}` : ""}`);
}

/** "1 warning", "3 warnings". */
export const some = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
