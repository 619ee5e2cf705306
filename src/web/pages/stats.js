// The page: signing in, the live picture, and whether it is still true.

import { span } from "/assets/words.js";
import { byId, mark, say } from "/assets/parts.js";
import { Refused, forget, live, session, signIn, signOut, trouble } from "/assets/server.js";
import { charts } from "/assets/charts.js";
import { chooseWindow, level, requests, service, tables } from "/assets/sections.js";

/** Figures older than this are no longer called live. */
const STALE_MS = 6_000;
/** How often it is asked whether the server can write, by whoever looks, signed in or not. */
const TROUBLE_MS = 5_000;

let picture = null;
let heard_at = 0;
let connected = false;
let end = null;

// ── signing in ──────────────────────────────────────────────────────────────

const form = byId("sign-in");

function show(signedIn) {
  form.hidden = signedIn;
  for (const id of ["figures", "link", "who"]) byId(id).hidden = !signedIn;
  const who = session();
  if (signedIn) say(byId("who-name"), `${who.name}, ${who.role}`);
  say(byId("house"), (signedIn && who.house?.name) || "till server");
  // Nothing is shown before the first figures have come.
  if (signedIn && !picture) byId("figures").hidden = true;
}

function askToSignIn(why) {
  end?.();
  end = null;
  picture = null;
  forget();
  show(false);
  document.title = "Sign in – Till server";
  say(byId("sign-in-wrong"), why);
  byId(byId("staff").value ? "pin" : "staff").focus();
}

function begin() {
  show(true);
  heard_at = performance.now();
  end = live({
    open: () => {
      connected = true;
    },
    picture: heard,
    away: () => {
      connected = false;
      look();
    },
    signedOut: () => askToSignIn("Your sign-in has ended. Sign in again."),
  });
  look();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [staff, pin] = [byId("staff"), byId("pin")];
  for (const field of [pin, staff]) {
    const missing = field.value.trim() === "";
    mark(field, "aria-invalid", missing ? "true" : null);
    if (missing) field.focus();
  }
  if (!staff.value.trim() || !pin.value.trim()) {
    say(byId("sign-in-wrong"), "Type your name and your PIN.");
    return;
  }
  const go = byId("sign-in-go");
  go.disabled = true;
  say(byId("sign-in-wrong"), "");
  try {
    await signIn(staff.value.trim(), pin.value.trim());
    begin();
    byId("main").focus();
  } catch (error) {
    const known = error instanceof Refused;
    const detail = error.code === "invalid" ? "A PIN is 4 to 8 digits." : error.message;
    say(byId("sign-in-wrong"), known ? detail : "The till server does not answer. Is it running, and are you on its network?");
    if (known) mark(pin, "aria-invalid", "true");
    pin.focus();
  } finally {
    pin.value = "";
    go.disabled = false;
  }
});

byId("sign-out").addEventListener("click", async () => {
  end?.();
  end = null;
  await signOut();
  askToSignIn("");
});

// ── the picture ─────────────────────────────────────────────────────────────

function heard(next) {
  picture = next;
  heard_at = performance.now();
  fill();
  look();
}

function fill() {
  if (!picture) return;
  byId("figures").hidden = false;
  level(picture);
  requests(picture);
  service(picture);
  tables(picture);
  charts(picture, (error) => {
    if (!(error instanceof Refused)) console.warn(error);
  });
  byId("renewed").hidden = picture.version === document.documentElement.dataset.version;
}

for (const choice of document.querySelectorAll("input[name=window]")) {
  choice.addEventListener("change", () => {
    chooseWindow(choice.value);
    fill();
  });
  if (choice.checked) chooseWindow(choice.value);
}

/** Says how far the figures can be trusted; words for a screen reader only when that changes. */
function look() {
  if (!end) return;
  const age = performance.now() - heard_at;
  const state = !connected ? "away" : age > STALE_MS ? "stale" : picture ? "live" : "begins";
  const told = { away: "Server away", stale: "Figures are stale", live: "Live", begins: "Connecting" }[state];
  mark(byId("link"), "data-state", state);
  say(byId("link-words"), told);
  const old = picture && age > STALE_MS;
  say(byId("link-age"), old ? `${span(age)} old` : "");
  byId("stale").hidden = !(old || (state === "away" && age > STALE_MS));
  mark(byId("figures"), "data-old", old ? "true" : null);
  byId("verdict-old").hidden = !old;
  if (old) {
    const why = connected ? "The server sends nothing new." : "The server does not answer; trying again by itself.";
    document.title = `○ ${told} – Till server`;
    say(byId("stale-words"), `${why} What stands here is of ${picture.at.slice(11, 19)}.`);
  } else if (!picture && age > STALE_MS) {
    say(byId("stale-words"), "The server does not answer; trying again by itself.");
  }
}

/** Above everything else, and said once: nobody has to sign in to be told, and nobody can where nothing is written. */
async function tellTrouble() {
  const words = await trouble();
  byId("trouble").hidden = !words;
  say(byId("trouble"), words ?? "");
}

setInterval(look, 500);
setInterval(tellTrouble, TROUBLE_MS);
tellTrouble();
if (session()) begin();
else askToSignIn("");
