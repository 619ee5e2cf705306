// Pieces of the page that are filled again and again. Everything from the server goes in as text; what has
// not changed is left alone, so that focus, selection and scrolling stay where they were.

import { NOTHING } from "/assets/words.js";

export const byId = (id) => document.getElementById(id);

/** Sets a text where it is another. */
export function say(node, text) {
  const next = String(text ?? NOTHING);
  if (node.textContent !== next) node.textContent = next;
}

export function mark(node, name, value) {
  if (node.getAttribute(name) === value) return;
  if (value === null) node.removeAttribute(name);
  else node.setAttribute(name, value);
}

/** An element with its classes and children; strings become text. */
export function make(tag, classes, ...children) {
  const node = document.createElement(tag);
  if (classes) node.className = classes;
  node.append(...children);
  return node;
}

/** Puts children in this order, moving none that stands right already. */
export function arrange(parent, children) {
  const held = document.activeElement;
  let at = parent.firstChild;
  for (const child of children) {
    if (child === at) at = at.nextSibling;
    else parent.insertBefore(child, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
  // A moved element loses the focus it had.
  if (held && held !== document.activeElement && parent.contains(held)) held.focus({ preventScroll: true });
}

/** Children of `parent`, one an item, kept by key. */
export function keyed(parent, begin) {
  const kept = new Map();
  return (items, key, fill) => {
    const seen = new Set();
    const nodes = items.map((item) => {
      const name = key(item);
      seen.add(name);
      if (!kept.has(name)) kept.set(name, begin(item));
      const piece = kept.get(name);
      fill(piece, item);
      return piece.node;
    });
    for (const name of kept.keys()) if (!seen.has(name)) kept.delete(name);
    arrange(parent, nodes);
  };
}

/** A list of names and values: `[name, value, note?, state?]`. */
export function pairs(list) {
  const fill = keyed(list, () => {
    const name = make("dt");
    const value = make("dd", "num");
    const note = make("dd", "note");
    return { node: make("div", "", name, value, note), name, value, note };
  });
  return (rows) =>
    fill(rows.filter(Boolean), (row) => row[0], (piece, [name, value, note, state]) => {
      say(piece.name, name);
      say(piece.value, value);
      say(piece.note, note ?? "");
      piece.note.hidden = !note;
      mark(piece.node, "data-state", state ?? null);
    });
}

/**
 * A table that can be sorted by any column.
 * Columns: `{key, label, show(row), order?(row), number?, minor?, state?(row)}`; those that are `minor` are
 * left out where there is little room. `press(row, into)` makes the first column's cells buttons that open
 * a line of details.
 */
export class Table {
  constructor(place, { caption, columns, key, sort, descending = true, empty, press }) {
    Object.assign(this, { columns, key, sort, descending, empty, press, rows: [] });
    this.place = place;
    this.kept = new Map();
    this.heads = new Map();
    const line = make("tr");
    for (const column of columns) line.append(this.head(column));
    this.body = make("tbody");
    const name = make("caption", "unseen", caption);
    this.scroller = make("div", "scroll", make("table", "", name, make("thead", "", line), this.body));
    // Who has no mouse scrolls it by its keys.
    mark(this.scroller, "tabindex", "0");
    mark(this.scroller, "role", "region");
    mark(this.scroller, "aria-label", caption);
    this.nothing = make("p", "quiet nothing", empty ?? "Nothing yet.");
    place.append(this.scroller, this.nothing);
    this.draw();
  }

  classes(column) {
    return [column.number && "num", column.minor && "minor"].filter(Boolean).join(" ");
  }

  head(column) {
    const head = make("th", this.classes(column));
    mark(head, "scope", "col");
    this.heads.set(column.key, head);
    if (!column.order) {
      head.append(make("span", "", column.label));
      return head;
    }
    const button = make("button", "sort", make("span", "", column.label));
    button.type = "button";
    button.addEventListener("click", () => {
      this.descending = this.sort === column.key ? !this.descending : Boolean(column.number);
      this.sort = column.key;
      this.draw();
    });
    head.append(button);
    return head;
  }

  update(rows) {
    this.rows = rows;
    this.draw();
  }

  draw() {
    for (const [key, head] of this.heads) {
      mark(head, "aria-sort", key !== this.sort ? null : this.descending ? "descending" : "ascending");
    }
    this.scroller.hidden = this.rows.length === 0;
    this.nothing.hidden = this.rows.length > 0;
    const seen = new Set();
    const lines = [];
    for (const row of this.sorted()) {
      const key = this.key(row);
      if (seen.has(key)) continue;
      seen.add(key);
      if (!this.kept.has(key)) this.kept.set(key, this.begin());
      const piece = this.kept.get(key);
      this.fill(piece, row);
      lines.push(piece.line);
      if (piece.details) lines.push(piece.details);
    }
    for (const key of this.kept.keys()) if (!seen.has(key)) this.kept.delete(key);
    arrange(this.body, lines);
  }

  sorted() {
    const column = this.columns.find((one) => one.key === this.sort);
    if (!column?.order) return this.rows;
    const way = this.descending ? -1 : 1;
    const value = (row) => column.order(row) ?? (column.number ? -1 : "");
    return [...this.rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x !== y) return x < y ? -way : way;
      return this.key(a) < this.key(b) ? -1 : 1;
    });
  }

  begin() {
    const piece = { line: make("tr"), cells: [], details: null, row: null };
    this.columns.forEach((column, place) => {
      const cell = make(place === 0 ? "th" : "td", this.classes(column));
      if (place === 0) mark(cell, "scope", "row");
      let text = cell;
      if (place === 0 && this.press) {
        text = make("button", "opens");
        text.type = "button";
        mark(text, "aria-expanded", "false");
        text.addEventListener("click", () => this.toggle(piece, text));
        cell.append(text);
      }
      piece.cells.push({ cell, text });
      piece.line.append(cell);
    });
    return piece;
  }

  fill(piece, row) {
    piece.row = row;
    this.columns.forEach((column, place) => {
      const { cell, text } = piece.cells[place];
      const shown = column.show(row);
      say(text, shown);
      // Nothing to see: it recedes.
      if (column.number) mark(cell, "data-none", shown === "0" || shown === NOTHING ? "" : null);
      if (column.state) mark(cell, "data-state", column.state(row) ?? null);
      if (column.title) mark(cell, "title", column.title(row));
    });
  }

  toggle(piece, button) {
    if (piece.details) {
      piece.details = null;
    } else {
      const into = make("td", "details");
      into.colSpan = this.columns.length;
      piece.details = make("tr", "", into);
      this.press(piece.row, into);
    }
    mark(button, "aria-expanded", String(Boolean(piece.details)));
    this.draw();
  }
}
