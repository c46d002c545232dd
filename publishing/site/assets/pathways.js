// The page of pathways: of the class, place and groups chosen, how many reached each milepost.
"use strict";
(function () {
  const { cell, escape, interval, load, said } = milepost;
  const page = milepost.json("page");
  const lists = milepost.lists;

  function plain(name) {
    const text = name.replace(/_/g, " ");
    return text.charAt(0).toUpperCase() + text.slice(1);
  }

  function options(select, entries, chosen) {
    select.innerHTML = entries.map(([value, title]) => `<option value="${escape(value)}">${escape(title)}</option>`).join("");
    select.value = entries.some(([value]) => value === chosen) ? chosen : (entries[0] || [""])[0];
    return select.value;
  }

  function follow(section) {
    const pathway = page.pathways[section.dataset.pathway];
    const form = section.querySelector("form");
    const state = { ...pathway.start };

    function choose() {
      const places = pathway.places.map(([level, id]) => [level + " " + id, lists.places[level + " " + id] || id]);
      state.place = options(form.place, places, state.place);
      const blank = state.place.indexOf(" ");
      section.ariaBusy = "true";
      const [asked, level, id] = [state.place, state.place.slice(0, blank), state.place.slice(blank + 1)];
      load(`${section.dataset.pathway}.${level}`, pathway.files[level], (tree) => {
        if (asked !== state.place) return; // another choice was made meanwhile
        const cohorts = tree[id] || {};
        const years = Object.keys(cohorts).sort().reverse();
        state.cohort = options(form.cohort, years.map((year) => [year, lists.years[year] || year]), state.cohort);
        const found = cohorts[state.cohort] || {};
        state.split = options(form.split, lists.disaggregates.filter(([one]) => found[one]), state.split);
        render(found[state.split] || {});
      });
    }

    function render(groups) {
      const known = lists.subgroups.filter(([one, , subgroup]) => one === state.split && groups[subgroup]);
      section.querySelector(".funnels").innerHTML = known.map(([, , subgroup, title]) => funnel(title, groups[subgroup])).join("");
      const [place, split] = [form.place, form.split].map((select) => (select.selectedOptions[0] || { textContent: "" }).textContent);
      section.ariaBusy = "false";
      section.querySelector(".shown").textContent = `Shown: ${place} · ${split} · class of ${lists.years[state.cohort] || state.cohort}`;
    }

    function funnel(title, steps) {
      const cells = pathway.steps.filter((step) => steps[step]).map((step) => [step, cell(steps[step])]);
      const size = cells.map(([, one]) => one.children).find((children) => children !== undefined);
      const of = size === undefined ? "" : `<small>class of ${escape(lists.years[state.cohort] || state.cohort)}, ${size.toLocaleString("en-US")} children</small>`;
      const rows = cells.map(([step, one]) => {
        const ends = one.kind === "" ? `<small>${interval(one.low, one.high)}</small>` : "";
        const width = one.kind === "" ? one.value : one.high || 0;
        return (
          `<li><span class="step">${escape(plain(step))}</span><span class="reached">${escape(said(one))} ${ends}</span>` +
          `<span class="bar"><i class="${one.kind === "" ? "full" : "band"}" style="width:${width}%"></i></span></li>`
        );
      });
      return `<section class="funnel"><h3>${escape(title)}${of}</h3><ol>${rows.join("")}</ol></section>`;
    }

    form.addEventListener("change", (event) => {
      state[event.target.name] = event.target.value;
      choose();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    choose();
  }

  document.querySelectorAll(".pathway").forEach(follow);
})();
