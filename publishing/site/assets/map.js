// A map as SVG: the darker a place, the larger its share; hatched where the number is hidden, white where there is none.
"use strict";
milepost.map = (function () {
  const { escape, said } = milepost;
  const shades = 5;
  const labelled = 12; // places at most whose names fit on the map
  const outlines = ["zip", "neighborhood", "district", "tract"];
  const hatch =
    '<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
    '<rect width="8" height="8" fill="#fff"/><rect width="3" height="8" fill="#8794a0"/></pattern>';

  const drawn = (level) => (milepost.shapes.levels || {})[level];

  // from which to which percent the shades go, each as many whole percents wide
  function scale(found) {
    const told = found.map(({ one }) => one.value).filter((value) => value !== undefined);
    if (!told.length) return [0, 100];
    const step = Math.max(1, Math.ceil((Math.max(...told) - Math.floor(Math.min(...told))) / shades));
    const first = Math.max(0, Math.min(Math.floor(Math.min(...told)), 100 - shades * step));
    return [first, first + shades * step];
  }

  // of a band it is known that it lies at the end; a range is as dark as its middle
  function shade(one, [first, last]) {
    const percent = { "": one.value, coded_low: 0, coded_high: 100, rounded: (one.low + one.high) / 2 }[one.kind];
    if (percent === undefined) return "hidden-number";
    const part = Math.floor((shades * (percent - first)) / (last - first));
    return "shade-" + Math.min(shades - 1, Math.max(0, part));
  }

  function shape(place, one) {
    const [x, y] = one.at;
    return one.d ? `<path ${place} fill-rule="evenodd" d="${one.d}">` : `<circle ${place} cx="${x}" cy="${y}" r="13">`;
  }

  function mark(one, found, domain) {
    const text = `<title>${escape(found.name)}: ${escape(said(found.one))}</title>`;
    return shape(`class="${shade(found.one, domain)}"`, one) + text + (one.d ? "</path>" : "</circle>");
  }

  function legend([first, last]) {
    const key = (name) => `<svg viewBox="0 0 16 16" aria-hidden="true"><rect class="${name}" width="16" height="16"/></svg>`;
    const end = (part) => first + (part * (last - first)) / shades;
    const parts = [...Array(shades).keys()].map((part) => [`shade-${part}`, `${end(part)} to ${end(part + 1)} %`]);
    parts.push(["hidden-number", "hidden"], ["ground", "no such children, or not published"]);
    return `<ul class="legend">${parts.map(([name, words]) => `<li>${key(name)} ${words}</li>`).join("")}</ul>`;
  }

  // `found`: [{id, name, one}], the cells of the places of `level`; nothing where no map has any of them
  function draw(level, title, found) {
    const places = drawn(level);
    const there = places ? found.filter((row) => places[row.id]) : [];
    if (!there.length) return "";
    const [width, height] = milepost.shapes.size;
    const domain = scale(there);
    const isOfPoints = there.every((row) => !places[row.id].d);
    const behind = isOfPoints ? outlines.find((one) => drawn(one)) : undefined;
    const ground = behind ? Object.values(drawn(behind)) : Object.values(places);
    const empty = ground.filter((one) => one.d).map((one) => shape('class="ground"', one) + "</path>");
    const marks = there.map((row) => mark(places[row.id], row, domain));
    const names = there.length > labelled || isOfPoints ? [] : there.map((row) => {
      const [x, y] = places[row.id].at;
      return `<text x="${x}" y="${y}" text-anchor="middle">${escape(row.name)}</text>`;
    });
    const caution = '<p class="note">Shares alone: places whose intervals in the table overlap may not differ.</p>';
    const missing = found.filter((row) => !places[row.id]).map((row) => escape(row.name));
    const note = missing.length ? `<p class="note">Not on the map: ${missing.join(", ")}.</p>` : "";
    return (
      `<figure class="map"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(`Map: ${title}. The numbers are in the table below.`)}">` +
      `<defs>${hatch}</defs>${empty.join("")}${marks.join("")}${names.join("")}</svg>${legend(domain)}${caution}${note}</figure>`
    );
  }

  return { draw };
})();
