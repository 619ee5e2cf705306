// Everything that WCAG 2.2 AA would have against the page as it stands, a line each.
(() => {
  const wrong = [];
  const shown = (node) => node.checkVisibility({ checkVisibilityCSS: true }) && !node.closest(".unseen, .skip");
  const where = (node) => `${node.tagName.toLowerCase()}${node.id ? `#${node.id}` : ""}.${node.className} "${node.textContent.trim().slice(0, 30)}"`;

  // Colours as red, green, blue and alpha, whatever form they are written in.
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const behind = (node) => {
    if (!node) return [255, 255, 255, 1];
    const own = rgba(getComputedStyle(node).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(node.parentElement));
  };
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };

  // 1.4.3: text.
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !shown(node) || node.closest("script, noscript")) continue;
    seen += 1;
    const style = getComputedStyle(node);
    if (Number(style.opacity) < 1) wrong.push(`opacity: ${where(node)}`);
    const back = behind(node);
    const found = ratio(over(rgba(style.color), back), back);
    if (found < 4.5) wrong.push(`contrast ${found.toFixed(2)}: ${where(node)}`);
  }
  if (seen < 5) wrong.push(`only ${seen} texts`);

  // 1.4.11: what is drawn. Edges of controls, curves, the mark of focus.
  const root = getComputedStyle(document.documentElement);
  const token = (name) => rgba(root.getPropertyValue(name).trim());
  for (const [name, ...backs] of [["--edge", "--paper", "--sheet"], ["--focus", "--paper", "--sheet"], ["--curve-1", "--sheet"], ["--curve-2", "--sheet"], ["--curve-3", "--sheet"]]) {
    for (const back of backs) {
      const found = ratio(token(name), token(back));
      if (found < 3) wrong.push(`contrast ${found.toFixed(2)}: ${name} on ${back}`);
    }
  }

  // 2.5.8: targets of 24 px; links inside a sentence are exempt.
  for (const node of document.querySelectorAll("button, input, [role=button]")) {
    if (!shown(node)) continue;
    const { width, height } = node.getBoundingClientRect();
    if (width < 24 || height < 24) wrong.push(`target ${width.toFixed(0)}×${height.toFixed(0)}: ${where(node)}`);
  }

  // 1.4.10: nothing to be scrolled sideways but what says so.
  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  for (const node of document.querySelectorAll(".scroll")) {
    if (!shown(node)) continue;
    if (node.tabIndex !== 0 || !node.getAttribute("aria-label")) wrong.push(`cannot be scrolled by keys: ${where(node)}`);
  }

  // 1.3.1, 4.1.2: names and structure.
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`twice: #${id}`);
  for (const node of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
    for (const name of ["aria-labelledby", "aria-describedby"]) {
      const id = node.getAttribute(name);
      if (id && !document.getElementById(id)) wrong.push(`${name} names nothing: ${id}`);
    }
  }
  for (const node of document.querySelectorAll("input")) if (!node.labels.length) wrong.push(`no label: ${where(node)}`);
  for (const node of document.querySelectorAll("button")) if (shown(node) && !node.textContent.trim()) wrong.push("a button without a name");
  for (const node of document.querySelectorAll("img")) if (!node.hasAttribute("alt")) wrong.push("a picture without words");
  for (const node of document.querySelectorAll("#figures th")) if (!node.hasAttribute("scope") && !node.closest(".u-legend")) wrong.push(`no scope: ${where(node)}`);
  for (const node of document.querySelectorAll("#figures table")) if (!node.caption && !node.closest(".u-legend, [aria-hidden]")) wrong.push(`no caption: ${where(node)}`);
  let level = 0;
  for (const node of document.querySelectorAll("h1, h2, h3, h4")) {
    const next = Number(node.tagName[1]);
    if (next > level + 1) wrong.push(`heading ${next} after ${level}: ${where(node)}`);
    level = next;
  }
  for (const landmark of ["header", "main", "h1"]) {
    if (document.querySelectorAll(landmark).length !== 1) wrong.push(`not one ${landmark}`);
  }
  if (document.documentElement.lang !== "en") wrong.push("no language");
  return wrong;
})();
