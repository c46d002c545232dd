// A trend as SVG: one panel per subgroup, everyone as a dashed line behind it. A hidden number is a word, never a point.
"use strict";
milepost.trend = (function () {
  const { escape } = milepost;

  // points of consecutive years in one piece: nothing is drawn across a year without a rate
  function pieces(years, cells, x, y) {
    const found = [];
    let piece = [];
    years.forEach((year, index) => {
      if (cells[index].kind === "") piece.push(`${x(index).toFixed(1)},${y(cells[index].value).toFixed(1)}`);
      else if (piece.length) found.push(piece), (piece = []);
    });
    if (piece.length) found.push(piece);
    return found;
  }

  function line(points, name) {
    return points.length > 1 ? `<polyline class="${name}" points="${points.join(" ")}"/>` : "";
  }

  function mark(one, at, y, bottom) {
    if (one.kind === "none") return "";
    if (one.kind === "") {
      const name = one.preliminary ? "point preliminary" : "point";
      const isRange = one.low !== undefined;
      return (
        (isRange ? `<path class="whisker" d="M${at} ${y(one.low)}V${y(one.high)}m-3 0h6M${at - 3} ${y(one.low)}h6"/>` : "") +
        `<circle class="${name}" cx="${at}" cy="${y(one.value)}" r="4"/>`
      );
    }
    const word = `<text class="word" transform="translate(${at + 4} ${bottom - 4}) rotate(-90)">`;
    if (one.low === undefined) return `${word}${escape(milepost.said(one))}</text>`;
    const top = y(one.high);
    const [low, high] = [one.low, one.high].map(Math.round);
    const told = { coded_low: `\u2264\u2009${high}`, coded_high: `\u2265\u2009${low}`, rounded: `${low}\u2013${high}` }[one.kind];
    return (
      `<rect class="hatched" x="${at - 6}" y="${top}" width="12" height="${Math.max(2, y(one.low) - top)}"/>` +
      `<text class="word" text-anchor="middle" x="${at}" y="${one.kind === "coded_low" ? top - 5 : y(one.low) + 13}">` +
      `${told}</text>`
    );
  }

  function grid([first, last], y, left, right) {
    const step = last - first > 50 ? 20 : last - first > 20 ? 10 : 5;
    let drawn = "";
    for (let tick = first; tick <= last; tick += step) {
      drawn += `<path class="grid" d="M${left} ${y(tick)}H${right}"/>`;
      drawn += `<text class="tick" text-anchor="end" x="${left - 5}" y="${y(tick) + 4}">${tick}${tick === last || tick + step > last ? "%" : ""}</text>`;
    }
    return drawn;
  }

  // `panel`: {title, cells, everyone, target}; cells stand for `years`, [[year, title], ...]
  function draw(panel, years, domain, isLarge) {
    const [width, height] = isLarge ? [640, 280] : [300, 180];
    const [left, right, top, bottom] = [36, width - 14, 12, height - 24];
    const [first, last] = domain;
    const inner = (right - left) / years.length;
    const x = (index) => left + inner * (index + 0.5);
    const y = (percent) => bottom - ((Math.min(last, Math.max(first, percent)) - first) / (last - first)) * (bottom - top);
    let drawn = grid(domain, y, left, right);
    if (panel.target) {
      drawn += `<path class="target" d="M${left} ${y(panel.target.value)}H${right}"/>`;
      drawn += `<text class="word" x="${left + 4}" y="${y(panel.target.value) - 5}">${escape(panel.target.label)}</text>`;
    }
    if (panel.everyone) drawn += pieces(years, panel.everyone, x, y).map((p) => line(p, "everyone")).join("");
    drawn += pieces(years, panel.cells, x, y).map((p) => line(p, "series")).join("");
    panel.cells.forEach((one, index) => (drawn += mark(one, x(index), y, bottom)));
    years.forEach(([, title], index) => {
      const isShown = isLarge || index === 0 || index === years.length - 1;
      if (isShown) drawn += `<text class="tick" text-anchor="middle" x="${x(index)}" y="${height - 8}">${escape(title)}</text>`;
    });
    return (
      `<figure class="panel${isLarge ? " large" : ""}"><figcaption>${escape(panel.title)}</figcaption>` +
      `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape("Trend: " + panel.title + ". The numbers are in the table below.")}">` +
      `${drawn}</svg></figure>`
    );
  }

  return { draw };
})();
