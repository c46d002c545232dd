// The page of an indicator: what is chosen there decides which published numbers the tables and charts show.
"use strict";
(function () {
  const { axis, cell, escape, interval, load, range, said, scale, signed } = milepost;
  const page = milepost.json("page");
  const lists = milepost.lists;
  const form = document.getElementById("choices");
  const at = (id) => document.getElementById(id);
  const levels = Object.keys(lists.levels);
  const titles = {};
  lists.subgroups.forEach(([disaggregate, , subgroup, title]) => (titles[disaggregate + " " + subgroup] = title));
  const state = { ...page.start, ...fromAddress() };
  let listed = ""; // the level of places shown, which is the one chosen where there is any

  function fromAddress() {
    const asked = {};
    new URLSearchParams(location.hash.slice(1)).forEach((value, name) => {
      if (name in page.start) asked[name] = value;
    });
    return asked;
  }

  function toAddress() {
    const changed = Object.keys(page.start).filter((name) => state[name] !== page.start[name]);
    const hash = changed.map((name) => `${name}=${encodeURIComponent(state[name])}`).join("&");
    try {
      history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
    } catch (error) {
      // some browsers keep the address of a page from disk
    }
  }

  const key = (level) => [state.version, state.collection, level].join(".");
  const place = () => page.places.find(([level, id]) => level === state.level && id === state.place);

  function options(select, entries, chosen) {
    select.innerHTML = entries
      .map(([value, title]) => `<option value="${escape(value)}">${escape(title)}</option>`)
      .join("");
    select.value = entries.some(([value]) => value === chosen) ? chosen : (entries[0] || [""])[0];
    return select.value;
  }

  function placeOptions() {
    const groups = levels.map((level) => {
      const found = page.places.filter(([one]) => one === level && page.files[key(level)]);
      const entries = found.map(([, id]) => [level + " " + id, lists.places[level + " " + id] || id]);
      const inside = entries
        .map(([value, title]) => `<option value="${escape(value)}">${escape(title)}</option>`)
        .join("");
      return inside && (level === "community" ? inside : `<optgroup label="${escape(lists.levels[level])}">${inside}</optgroup>`);
    });
    form.place.innerHTML = groups.join("");
    form.place.value = state.level + " " + state.place;
    if (form.place.selectedIndex < 0) form.place.selectedIndex = 0;
    [state.level, state.place] = split(form.place.value);
  }

  function split(text) {
    const blank = text.indexOf(" ");
    return [text.slice(0, blank), text.slice(blank + 1)];
  }

  // the choices that are left, from the first to the last: each decides what the next may be
  function choose() {
    state.version = options(form.version, page.versions, state.version);
    const collections = lists.collections.filter(([id]) =>
      Object.keys(page.files).some((one) => one.startsWith(`${state.version}.${id}.`)));
    state.collection = options(form.collection, collections, state.collection);
    placeOptions();
    const asked = key(state.level);
    at("content").ariaBusy = "true";
    load(asked, page.files[asked] || "", (tree) => {
      if (asked !== key(state.level)) return; // another choice was made meanwhile
      const of_place = tree.values[state.place] || {};
      const splits = lists.disaggregates.filter(([id]) => of_place[id]);
      state.split = options(form.split, splits, state.split);
      const groups = subgroups(of_place, state.split);
      const children = [["all", "All children"], ...groups.filter((one) => one !== "all").map((one) => [one, title(one)])];
      state.group = form.group ? options(form.group, children, state.group) : "all";
      const years = yearsOf(of_place);
      state.year = options(form.year, years.map(([year, name]) => [year, name]).reverse(), state.year);
      const of = levels.filter((level) => level !== "community" && page.files[key(level)]);
      const wished = [state.of, page.start.of].find((level) => of.includes(level));
      listed = form.of ? options(form.of, of.map((level) => [level, lists.levels[level]]), wished) : "";
      const choice = JSON.stringify(state);
      const others = key(listed);
      if (!page.files[others]) {
        render(tree, of_place, years, null);
        return;
      }
      load(others, page.files[others], (other) => {
        if (choice === JSON.stringify(state)) render(tree, of_place, years, other);
      });
    });
  }

  const title = (subgroup) => titles[state.split + " " + subgroup] || subgroup;

  function subgroups(of_place, disaggregate) {
    const known = lists.subgroups.filter(([one]) => one === disaggregate).map(([, , subgroup]) => subgroup);
    return known.filter((subgroup) => (of_place[disaggregate] || {})[subgroup]);
  }

  function yearsOf(of_place) {
    const found = new Set();
    Object.values(of_place).forEach((groups) => Object.values(groups).forEach((years) => Object.keys(years).forEach((year) => found.add(year))));
    // a year between two others that has no row is a hole in the course, not a shorter way
    const all = Object.keys(lists.years);
    const sorted = [...found].sort();
    return all.filter((year) => year >= sorted[0] && year <= sorted[sorted.length - 1]).map((year) => [year, lists.years[year]]);
  }

  function branch(tree, part, disaggregate, subgroup, where) {
    return ((((tree[part] || {})[where || state.place] || {})[disaggregate] || {})[subgroup]) || {};
  }

  const download = [];
  function keep(where, disaggregate, subgroup, year, raw, gap) {
    const one = cell(raw);
    if (!raw) return;
    download.push([
      page.id, state.version, state.collection, Number(year), where[0], where[1], disaggregate, subgroup, one.children,
      one.value, one.low, one.high, one.kind, gap ? gap[0] : null, gap ? gap[1] : null, gap ? gap[2] : null, gap ? gap[5] : null,
    ]);
  }

  function render(tree, of_place, years, others) {
    download.length = 0;
    const groups = subgroups(of_place, state.split);
    trend(tree, years, groups);
    compare(tree, groups);
    places(others);
    const shown = place();
    const name = lists.places[state.level + " " + state.place] || (shown ? shown[1] : "");
    const words = [name, selected(form.split), selected(form.collection), selected(form.version)];
    if (others) words.push(`${selected(form.of)}: ${selected(form.group)}`);
    at("shown").textContent = "Shown: " + words.join(" · ");
    toAddress();
    const seen = new Set();
    const rows = download.filter((row) => {
      const once = row.slice(0, 8).join("\t");
      return seen.has(once) ? false : seen.add(once);
    });
    at("content").ariaBusy = "false";
    milepost.offer(at("download"), page.file + ".csv", milepost.csv(page.header, rows));
  }

  const selected = (select) => (select.selectedOptions[0] || { textContent: "" }).textContent;

  function trend(tree, years, groups) {
    const cells = (subgroup, disaggregate) => years.map(([year]) => cell(branch(tree, "values", disaggregate, subgroup)[year]));
    const everyone = cells("all", "all");
    const isAlone = state.split === "all";
    const target = isAlone && state.level === "community" && state.collection === "annual" && state.version === page.start.version ? page.target : null;
    const panels = groups.map((group) => ({
      title: title(group), cells: cells(group, state.split), everyone: isAlone ? null : everyone, target,
    }));
    const domain = scale(panels.flatMap((panel) => panel.cells).concat(everyone), target ? [target.value] : []);
    at("panels").innerHTML = panels.map((panel) => milepost.trend.draw(panel, years, domain, panels.length === 1)).join("");
    at("panels-note").hidden = isAlone;
    const rows = (isAlone ? [] : [["all", "all", "All children"]]).concat(groups.map((group) => [state.split, group, title(group)]));
    const head = `<tr><th scope="col">Children</th>${years.map(([, name]) => `<th scope="col" class="number">${escape(name)}</th>`).join("")}<th scope="col">Change</th></tr>`;
    const body = rows.map(([disaggregate, subgroup, name]) => {
      const of_years = years.map(([year]) => {
        const raw = branch(tree, "values", disaggregate, subgroup)[year];
        keep([state.level, state.place], disaggregate, subgroup, year, raw, branch(tree, "gaps", disaggregate, subgroup)[year]);
        return `<td class="number">${number(cell(raw))}</td>`;
      });
      return `<tr><th scope="row">${escape(name)}</th>${of_years.join("")}<td>${change(branch(tree, "trends", disaggregate, subgroup))}</td></tr>`;
    });
    at("trend-table").innerHTML = `<thead>${head}</thead><tbody>${body.join("")}</tbody>`;
  }

  function number(one) {
    if (one.kind) return `<span class="word">${escape(said(one))}</span>`;
    const note = one.preliminary ? '<small class="preliminary">preliminary</small>' : "";
    return `${said(one)}<small>${interval(one.low, one.high)}</small>${note}`;
  }

  function change(found) {
    if (!Array.isArray(found) || found[1] === null) return "";
    const [since, points, low, high, status] = found;
    const [sign, word] = page.status[status];
    return (
      `<span class="status ${escape(status)}"><span aria-hidden="true">${sign}</span> ${escape(word)}</span>` +
      `<small>${signed(points, "+")} points since ${escape(lists.years[since] || since)} (${interval(low, high)})</small>`
    );
  }

  function compare(tree, groups) {
    const rows = groups.map((group) => {
      const raw = branch(tree, "values", state.split, group)[state.year];
      const gap = branch(tree, "gaps", state.split, group)[state.year];
      if (raw) keep([state.level, state.place], state.split, group, state.year, raw, gap);
      return { name: title(group), one: cell(raw), gap };
    }).filter((row) => row.one.kind !== "none");
    const everyone = cell(branch(tree, "values", "all", "all")[state.year]);
    const domain = scale(rows.map((row) => row.one).concat(everyone));
    const head = '<tr><th scope="col">Children</th><th scope="col" class="number">Share</th>' +
      `<th scope="col" class="plot"><span class="hidden-text">Share and its interval, drawn from </span>${axis(domain)}</th><th scope="col">Beside the best-off</th></tr>`;
    const reference = everyone.kind === "" && state.split !== "all" ? everyone.value : undefined;
    const body = rows.map(({ name, one, gap }) =>
      `<tr><th scope="row">${escape(name)}${children(one)}</th><td class="number">${number(one)}</td>` +
      `<td class="plot">${range(one, domain, reference)}</td><td>${beside(gap)}</td></tr>`);
    at("compare-table").innerHTML = `<thead>${head}</thead><tbody>${body.join("")}</tbody>`;
    document.querySelectorAll(".year-shown").forEach((node) => (node.textContent = lists.years[state.year] || state.year));
    at("reference-note").hidden = reference === undefined;
  }

  const children = (one) => (one.children === undefined ? "" : `<small>${one.children.toLocaleString("en-US")} children</small>`);

  function beside(gap) {
    if (!gap) return "";
    const [points, low, high, status, toClose, other] = gap;
    const words = { behind: "behind", ahead: "ahead of", not_clear: "not clearly apart from" };
    const close = status === "behind" && toClose ? `<small>${toClose.toLocaleString("en-US")} children to close it</small>` : "";
    return `<strong>${signed(points, "+")}</strong> points, ${words[status]} ${escape(title(other))}<small>${interval(low, high)}</small>${close}`;
  }

  function places(tree) {
    const section = at("places");
    if (!section) return;
    section.hidden = !tree;
    if (!tree) return;
    const disaggregate = state.group === "all" ? "all" : state.split;
    const found = Object.keys(tree.values).map((id) => {
      const raw = branch(tree, "values", disaggregate, state.group, id)[state.year];
      return { id, name: lists.places[listed + " " + id] || id, raw, one: cell(raw) };
    }).filter((row) => row.raw);
    const ranks = (one) => ({ "": one.value, coded_high: 101, coded_low: -1, rounded: one.low });
    const rank = ({ one }) => ranks(one)[one.kind] ?? -2;
    found.sort((a, b) => (rank(b) - rank(a)) || (a.name < b.name ? -1 : 1));
    found.forEach((row) => keep([listed, row.id], disaggregate, state.group, state.year, row.raw, null));
    const domain = scale(found.map((row) => row.one));
    if (milepost.map) at("map").innerHTML = milepost.map.draw(listed, lists.levels[listed], found);
    const head = `<tr><th scope="col">${escape(page.level_names[listed])}</th><th scope="col" class="number">Share</th>` +
      `<th scope="col" class="plot"><span class="hidden-text">Share and its interval, drawn from </span>${axis(domain)}</th></tr>`;
    const body = found.map((row) =>
      `<tr><th scope="row">${escape(row.name)}${children(row.one)}</th>` +
      `<td class="number">${number(row.one)}</td><td class="plot">${range(row.one, domain)}</td></tr>`);
    at("places-table").innerHTML = `<thead>${head}</thead><tbody>${body.join("") || '<tr><td colspan="3">None has such children in this year.</td></tr>'}</tbody>`;
  }

  // each by itself: the group of children stands beside the places, outside of the form it belongs to
  for (const select of form.elements) {
    select.addEventListener("change", () => {
      if (select === form.place) [state.level, state.place] = split(select.value);
      else state[select.name] = select.value;
      choose();
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  if (at("places-choice")) at("places-choice").hidden = false;
  choose();
})();
