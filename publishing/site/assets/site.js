// What every page's script shares: words for numbers, cells of tables, downloads. No page asks a network for anything.
"use strict";
window.milepost = (function () {
  const taken = {};
  const waiting = {};
  const minus = "\u2212";

  function escape(text) {
    return String(text).replace(/[&<>"']/g, (letter) => "&#" + letter.charCodeAt(0) + ";");
  }

  function json(id) {
    return JSON.parse(document.getElementById(id).textContent);
  }

  const words = document.getElementById("words") ? json("words") : {};

  // files of numbers call this; what they bring is kept, so that each is read once
  function take(key, tree) {
    taken[key] = tree;
  }

  function load(key, path, then) {
    if (taken[key]) return then(taken[key]);
    (waiting[key] = waiting[key] || []).push(then);
    if (waiting[key].length > 1) return undefined;
    const script = document.createElement("script");
    script.src = path;
    const done = () => {
      const told = waiting[key];
      delete waiting[key];
      told.forEach((one) => one(taken[key] || { values: {}, gaps: {}, trends: {} }));
    };
    script.onload = done;
    script.onerror = done;
    document.head.append(script);
    return undefined;
  }

  // a cell as a file has it, by name; undefined where no such children were counted
  function cell(raw) {
    if (!raw) return { kind: "none" };
    const told = raw.map((number) => (number === null ? undefined : number));
    if (typeof told[0] === "string") {
      const [kind, children, end, high] = told;
      if (kind === "rounded") return { kind, children, low: end, high };
      if (kind === "coded_low") return { kind, children, low: 0, high: end };
      if (kind === "coded_high") return { kind, children, low: end, high: 100 };
      return { kind };
    }
    const [children, value, low, high, preliminary] = told;
    return { kind: "", children, value, low, high, preliminary: Boolean(preliminary) };
  }

  function said(one) {
    // without an interval there are whole percents alone
    if (one.kind === "") return one.value.toFixed(one.low === undefined ? 0 : 1) + "\u00a0%";
    const ends = { coded_low: [one.high], coded_high: [one.low], rounded: [one.low, one.high] }[one.kind] || [];
    return ends.reduce((text, end) => text.replace("{}", Math.round(end)), words[one.kind]).replace(" %", "\u00a0%");
  }

  function signed(points, plus) {
    if (points === null || points === undefined) return "";
    const sign = points < 0 ? minus : points > 0 ? plus : "";
    return sign + Math.abs(points).toFixed(1);
  }

  function interval(low, high) {
    if (low === null || low === undefined) return "";
    return signed(low, "") + " to " + signed(high, "");
  }

  // from which to which percent a plot goes: whole tens around all intervals and bands
  function scale(cells, extra) {
    const told = cells.flatMap((one) => [one.value, one.low, one.high]).filter((end) => end !== undefined);
    const ends = told.concat(extra || []);
    if (!ends.length) return [0, 100];
    let first = Math.floor(Math.min(...ends) / 10) * 10;
    let last = Math.ceil(Math.max(...ends) / 10) * 10;
    while (last - first < 20) {
      first = Math.max(0, first - 10);
      last = Math.min(100, last + 10);
    }
    return [first, last];
  }

  // dot and interval, or a hatched band, on a line from the scale's first to its last percent
  function range(one, [first, last], reference) {
    const at = (percent) => (100 * (Math.min(last, Math.max(first, percent)) - first)) / (last - first);
    const dot = one.value === undefined ? "" : `<i class="dot" style="left:${at(one.value).toFixed(2)}%"></i>`;
    if (one.low === undefined) return `<span class="range">${dot}</span>`;
    const line = `left:${at(one.low).toFixed(2)}%;width:${(at(one.high) - at(one.low)).toFixed(2)}%`;
    const mark =
      reference === undefined ? "" : `<i class="reference" style="left:${at(reference).toFixed(2)}%"></i>`;
    if (one.kind) return `<span class="range">${mark}<i class="band" style="${line}"></i></span>`;
    return `<span class="range">${mark}<i class="interval" style="${line}"></i>${dot}</span>`;
  }

  function axis([first, last]) {
    const middle = (first + last) / 2;
    return `<span class="axis"><span>${first}</span><span>${middle}</span><span>${last} %</span></span>`;
  }

  function csvCell(value) {
    if (value === null || value === undefined) return "";
    let text = String(value);
    // what a spreadsheet would take for a formula
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = "'" + text;
    return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  function csv(header, rows) {
    return [header, ...rows].map((row) => row.map(csvCell).join(",")).join("\n") + "\n";
  }

  let last = null;
  function offer(link, name, text) {
    if (last) URL.revokeObjectURL(last);
    // without the mark Excel takes the file for Windows-1252
    last = URL.createObjectURL(new Blob(["\ufeff" + text], { type: "text/csv" }));
    link.href = last;
    link.download = name;
  }

  return { axis, cell, csv, escape, interval, json, load, offer, range, said, scale, signed, take, words };
})();
