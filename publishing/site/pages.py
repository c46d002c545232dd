"""Which pages a site has, and what each is told."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from publishing.site import evidence, wording
from publishing.site.pathways import pathways
from publishing.site.rendering import FOLDER, day, environment
from publishing.site.source import Row, Source, file_name
from publishing.site.standings import Standing, outcomes
from publishing.site.tables import Tables, drivers_of

PAGES = {
    "index.html": ("Outcomes", ""),
    "indicators.html": ("Indicators", "every indicator with its last value and its course"),
    "pathways.html": ("Pathways", "of one class, how many reached each milepost"),
    "programs.html": ("Programs", "participants beside children like them"),
    "gateways.html": ("Gateways", "what the partnership's data meet, with the evidence"),
    "areas.html": ("Areas", "numbers from public sources about those who live there"),
    "deliveries.html": ("Deliveries", "who sent what, and did it pass the gate"),
    "glossary.html": ("Glossary", "the words of these pages"),
    "about.html": ("About", "the release, and what hidden means"),
}
MEANINGS = {
    "": "The number, with its 95 % interval.",
    "suppressed": "The group is small, or the number protects one that is.",
    "coded_low": "So near 0 that the exact number would tell of single children: only this band is told.",
    "coded_high": "The same near 100 %.",
    "rounded": "Of a small group only this range is told, and its number of children is rounded.",
    "not_received": "A delivery that the number needs is due and not there.",
}
BANDS = {"coded_low": (8,), "coded_high": (92,), "rounded": (40, 60)}  # such as they are
# what stands for a number on the page: the same columns in the download
CSV_HEADER = (
    "indicator_id",
    "definition_version",
    "collection",
    "school_year",
    "geography_level",
    "geography_id",
    "disaggregate",
    "subgroup",
    "denominator",
    "percent",
    "percent_low",
    "percent_high",
    "suppression",
    "gap_points",
    "gap_points_low",
    "gap_points_high",
    "reference_subgroup",
)


class Site:
    """What all pages share: community, release, navigation; renders a page from a template."""

    def __init__(
        self, source: Source, standings: list[Standing], *, has_areas: bool, has_map: bool = False
    ) -> None:
        self.source = source
        self.community = source.community
        self.standings = standings
        self.has_map = has_map
        release = source.rows("select * from releases where is_current")[0]
        self.release_id = release["release_id"]
        self.created, self.data_as_of = day(release["created_at"]), day(release["data_as_of"])
        self.notes = release["notes"]
        kept = {file: about for file, about in PAGES.items() if file != "areas.html" or has_areas}
        self.pages = [(file, label) for file, (label, _) in kept.items()]
        self.about_pages = {file: words for file, (_, words) in kept.items()}

    @functools.cached_property
    def years(self) -> dict[int, str]:
        """School year -> how people write it."""
        rows = self.source.rows("select distinct school_year, title from school_years order by all")
        return {row["school_year"]: row["title"] for row in rows}

    def year(self, school_year: int) -> str:
        """A school year as people write it, also one of the future."""
        return self.years.get(school_year) or f"{school_year - 1}-{school_year % 100:02d}"

    def render(self, template: str, root: str = "", **facts: Any) -> str:
        """The text of a page; `root` leads from its folder to the site's."""
        made = environment()
        made.filters["year"] = self.year
        return made.get_template(template).render(
            site=self, root=root, here=facts.pop("here", template), **facts
        )

    def simple_pages(self) -> Iterator[tuple[str, str]]:
        """File name and text of every page but those of single indicators."""
        yield "index.html", self.render("index.html", outcomes=outcomes(self.standings))
        yield "indicators.html", self.render("indicators.html", standings=self.standings)
        yield "pathways.html", self._pathways()
        found = evidence.grouped(evidence.programs(self.source), "program_id")
        yield "programs.html", self.render("programs.html", programs=found)
        items = evidence.grouped(evidence.gateways(self.source), "item")
        yield "gateways.html", self.render("gateways.html", items=items)
        if "areas.html" in self.about_pages:
            areas = evidence.grouped(evidence.areas(self.source), "area_indicator_id", "area_type")
            yield "areas.html", self.render("areas.html", areas=areas)
        yield "deliveries.html", self._deliveries()
        yield "glossary.html", self.render("glossary.html", glossary=glossary())
        yield "about.html", self._about()

    def _pathways(self) -> str:
        found = pathways(self.source)
        files = self.source.rows(
            "select pathway, geography_level, geography_id from pathway_funnel group by all order by all"
        )
        page: dict[str, Any] = {"pathways": {}}
        for one in found:
            places = sorted(
                {
                    (row["geography_level"], row["geography_id"])
                    for row in files
                    if row["pathway"] == one["indicator_id"]
                },
                key=lambda place: (
                    list(wording.LEVELS).index(place[0])
                    if place[0] in wording.LEVELS
                    else len(wording.LEVELS),
                    place[1],
                ),
            )
            page["pathways"][one["indicator_id"]] = {
                "steps": one["steps"],
                "places": places,
                "files": {
                    level: f"data/{file_name(one['indicator_id'])}/{file_name(level)}.js"
                    for level, _ in places
                },
                "start": {
                    "cohort": str(one["first_view"][0]["cohort_year"]),
                    "place": f"community {self.source.community_id}",
                    "split": "all",
                },
            }
        return self.render("pathways.html", pathways=found, page=page)

    def _deliveries(self) -> str:
        periods, extracts = evidence.deliveries(self.source)
        broken = evidence.broken_rules(self.source)
        last = max((row["school_year"] for row in broken), default=0)
        return self.render(
            "deliveries.html",
            periods=periods,
            partners=[(first, rows) for first, rows in evidence.grouped(extracts, "partner_id")],
            broken=[row for row in broken if row["school_year"] == last],
        )

    def _about(self) -> str:
        counts = {
            row["suppression"]: row["n"]
            for row in self.source.rows(
                "select suppression, count(*) as n from indicator_values group by all"
            )
        }
        shown = [
            {
                "words": wording.WORDS[kind].format(*BANDS.get(kind, ())) if kind else "52.3 %",
                "meaning": meaning,
                "n": counts.get(kind, 0),
            }
            for kind, meaning in MEANINGS.items()
            if kind != "rounded" or kind in counts  # hardly any community rounds
        ]
        releases = self.source.rows("select * from releases order by release_id desc")
        return self.render("about.html", shown=shown, releases=releases)

    def indicator_page(
        self, one: Standing, tables: Tables, files: dict[str, str], places: list[list[str]], csv_path: str
    ) -> str:
        """The page of one indicator; `files` are its numbers' by key, `places` those it has any of."""
        indicator = one.indicator_id
        outcome = next((s for s in self.standings if s.indicator_id == one.about["outcome"]), None)
        return self.render(
            "indicator.html",
            root="../",
            here="indicators.html",
            one=one,
            outcome_title=outcome.about["title"] if outcome else None,
            outcome_file=file_name(outcome.indicator_id) if outcome else None,
            subgroups=tables.subgroups.get(indicator, []),
            places=tables.places.get(indicator, []),
            drivers=drivers_of(one, tables.drivers.get(indicator, [])),
            within_year=within_year(tables.within_year.get(indicator, [])),
            projections=tables.projections.get(indicator, []),
            definitions=tables.definitions.get(indicator, []),
            csv_path=csv_path,
            page=self._page_facts(one, tables, files, places),
        )

    def _page_facts(
        self, one: Standing, tables: Tables, files: dict[str, str], places: list[list[str]]
    ) -> dict[str, Any]:
        """What the page's script needs beside the files of numbers."""
        if one.last is None:
            return {}
        indicator, last = one.indicator_id, one.last
        splits = {row["disaggregate"] for row in tables.subgroups.get(indicator, [])}
        target = None
        if last["target"] is not None:
            label = f"Target {last['target']:.0f} % by {self.year(last['target_year'])}"
            target = {"value": last["target"], "label": label}
        return {
            "id": indicator,
            "file": file_name(indicator),
            "header": CSV_HEADER,
            "status": wording.STATUS,
            "versions": [
                [row["definition_version"], wording.plain(row["definition_version"])]
                for row in tables.definitions.get(indicator, [])
                if any(key.startswith(f"{row['definition_version']}.") for key in files)
            ],
            "places": places,
            "level_names": wording.OF_LEVELS,
            "files": files,
            "target": target,
            "start": {
                "version": one.about["definition_version"],
                "collection": "annual",
                "level": "community",
                "place": self.source.community_id,
                "split": "race_ethnicity" if "race_ethnicity" in splits else "all",
                "of": next((row["geography_level"] for row in tables.places.get(indicator, [])), ""),
                "group": "all",
                "year": str(last["school_year"]),
            },
        }


def within_year(rows: list[Row]) -> Row:
    """Years, and per collection its cells in their order; nothing where there is the annual one alone."""
    years = list(dict.fromkeys(row["year"] for row in rows))
    collections = sorted({row["collection"] for row in rows}, key=evidence.in_the_year)
    if collections in ([], ["annual"]):
        return {"years": [], "collections": []}
    by_place = {(row["collection"], row["year"]): row for row in rows}
    return {
        "years": years,
        "collections": [(c, [by_place.get((c, year)) for year in years]) for c in collections],
    }


def glossary() -> list[tuple[str, str]]:
    """Words and their meanings, in the order of the alphabet."""
    from ingestion.yaml_nodes import plain

    found: dict[str, str] = plain(FOLDER / "glossary.yml")
    return sorted(found.items())
