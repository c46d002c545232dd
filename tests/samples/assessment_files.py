"""Vendors' assessment files: the layout of each, and how many results it holds, counted from its cells alone."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SEASONS = "(Fall|Winter|Spring|Summer|Screening Period 4|Screening Period 5)"
NOTHING = {"", "N/A", "N/A*", "NA", "NULL", "--", "---"}
Record = dict[str, str]


@dataclass(frozen=True)
class Sample:
    """One file.

    `cells` is a pattern of the headers whose values are results; what its groups match tells one result of a
    record from another, so a score and a level of one test count once. `only` says which records count.
    `held` results are held back: their student has no number (`why`), or the anonymised file has one twice.
    """

    file: str
    layout: str
    cells: str | Callable[[Path], int]
    school_year: int | None = None
    held: int = 0
    why: str = ""
    missing: tuple[str, ...] = ()
    only: Callable[[Record], bool] = bool
    skip: int = 0
    delimiter: str = ","

    @property
    def label(self) -> str:
        return self.file.rsplit(".", 1)[0].replace("sample_anonymized_file", "")

    def records(self, folder: Path) -> Iterator[Record]:
        with (folder / self.file).open(encoding="utf-8-sig", errors="replace", newline="") as file:
            lines = list(file)[self.skip :]
        for record in csv.DictReader(lines, delimiter=self.delimiter):
            yield {name: (value or "").strip() for name, value in record.items() if name is not None}

    def count(self, folder: Path) -> int:
        """Results in the file: filled cells, one for each repeat of a record."""
        if not isinstance(self.cells, str):
            return self.cells(folder / self.file)
        pattern = re.compile(self.cells, re.IGNORECASE)
        total = 0
        for record in self.records(folder):
            filled = [name for name, value in record.items() if value not in NOTHING | {*self.missing}]
            found = [match for name in filled if (match := pattern.fullmatch(name))]
            total += len({tuple(filter(None, match.groups())) for match in found}) if self.only(record) else 0
        return total


def _fixed(*places: tuple[int, int]) -> Callable[[Path], int]:
    """Filled places (first character from 0, length) of all lines."""

    def count(path: Path) -> int:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        return sum(bool(line[at : at + n].strip()) for line in lines if line.strip() for at, n in places)

    return count


def _packed(path: Path) -> int:
    """CogAT's seven scores of three characters in one cell."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        cells = [record["Standard_Age_Score_SAS"].rjust(21) for record in csv.DictReader(file)]
    return sum(bool(cell[at : at + 3].strip()) for cell in cells for at in range(0, 21, 3))


def _exams_of_2024(path: Path) -> int:
    """AP exams of the last year in the file."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        records = list(csv.DictReader(file))
    numbers = [f"{number:02d}" for number in range(1, 31)]
    return sum(r[f"Admin Year {n}"] == "24" and r[f"Exam Code {n}"] != "" for r in records for n in numbers)


MCLASS = r"(?!Error|Correct|Incorrect|Risk)(.*?)(?: -)? (?:Score|Level)"
MCLASS_NEXT = r"Assessment Measure-(?!Risk|.*(?:Errors|\(Correct\)|\(Incorrect\)))(.*)-(?:Levels|Score)"
MAP_SKILLS = (
    r"(UniversalScreener)Outcome|(PrintConcept|ListeningComprehension|PictureVocab|PhonologicalAwareness"
    r"|PhonicsWordRecognition|LanguageComprehension|SentenceReadingFluency|OralReadingAccuracy|OralReadingRate"
    r"|LiteralComprehension)(?:PerformanceLevel|DomainScore|Correct|Score)"
)
FASTBRIDGE = (
    SEASONS
    + r" (.*?) (?:Risk Level|Composite Score|Test Theta|Graded Response Composite Auto Scaled|Median WRC"
    r"|Graded Response Subtest Auto Theta|WRC per minute|NRC per minute|IC per (?:ten )?minute|Items Correct)"
)
WAVE = r"CP_(.*)|(?!CP_)(RLN_v1|PA_v2|.*[a-z]_v[12]|.*_Screening|.*_Composite|.*_Screener|TEA_KG_Readiness)"
COLLEGE_BOARD = r"LATEST_P?SAT_(?!DATE|GRADE|REVISED|ESSAY|MATH$|WRITING|CRITICAL)(.*)"
ACCESS = r"(?:Scale Score|Proficiency Level) - (.*)"
PREACT_PLACES = tuple((at, 2) for at in range(149, 161, 2))
STAAR = r"(reading_language_arts|mathematics|science|social_studies)_scale_score"
FAST = ("FastBridge", "sample_anonymized_file_")

SAMPLES = (
    Sample("KRA__KRA_sample_file_deidentified.csv", "kra", "(Overall|SF|LL|MA|PD)Score"),
    Sample("KRA__KRA_sample_file_deidentified_new.csv", "kra_2", "(overall|SF|LL|MA|PD)_score", 2024),
    Sample(
        "GOLD__sample_anonymized_file.csv", "ts_gold", SEASONS + r" \d{4}/\d{4} (.*) (?:Scale Score|WHE)"
    ),
    Sample(
        "Dibels_8_Benchmark__sample_anonymized_file.csv", "dibels_8", MCLASS, missing=("Discontinued",)
    ),
    Sample(
        "Dibels_Next_Benchmark__sample_anonymized_file.csv", "dibels_next", MCLASS_NEXT,
        missing=("Not Determined",),
    ),
    Sample("IDEL__sample_anonymized_file.csv", "idel", MCLASS_NEXT, held=12, why="one number for all students"),
    Sample("Lectura__sample_anonymized_file.csv", "mclass_lectura", MCLASS, held=28, why="one number for all students"),
    Sample("MAP_Growth__sample_anonymized_file.csv", "nwea_map_growth", r"(Test|Goal\d)RITScore"),
    Sample("MAP_Fluency__sample_anonymized_file.csv", "nwea_map_fluency", MAP_SKILLS, missing=("No Score", "No Expectation", "No Expectations")),
    Sample("i-Ready__sample_anonymized_file_ela.csv", "iready_reading", r"(?!Mid On)(.*) (?:Scale Score|Relative Placement)", missing=("Not Assessed",)),
    Sample("i-Ready__sample_anonymized_file_math.csv", "iready_math", r"(?!Mid On)(.*) (?:Scale Score|Relative Placement)", missing=("Not Assessed",)),
    Sample("STAR__SR_sample_anonymized_file.csv", "star_reading", "ScaledScore"),
    Sample("STAR__SR_Dashboard_Standards_v2_sample_anonymized_file.csv", "star_standards", "StandardName"),
    Sample("STAR__SR_SkillArea_v1_sample_anonymized_file.csv", "star_skill_areas", "SkillAreaName"),
    Sample("ACT__sample_anonymized_file.csv", "act", "(Composite|Eng|Mth|Rdg|Sci|STEM|Writing|ELA)"),
    Sample("PreACT__Records_anonymized.csv", "preact", "(Composite|Eng|Mth|Rdg|Sci|STEM)"),
    Sample("PreACT__Records_anonymized.txt", "preact_fixed_width", _fixed(*PREACT_PLACES)),
    Sample("PSAT_SAT__sample_anonymized_file_sat.csv", "sat", COLLEGE_BOARD, only=lambda r: r["LATEST_SAT_DATE"].endswith("2024")),
    Sample("PSAT_SAT__sample_anonymized_file_psat_nmsqt.csv", "psat_nmsqt", COLLEGE_BOARD),
    Sample("PSAT_SAT__sample_anonymized_file_psat_10.csv", "psat_10", COLLEGE_BOARD),
    Sample("PSAT_SAT__sample_anonymized_file_psat_89.csv", "psat_8_9", COLLEGE_BOARD),
    Sample("AP__SAMPLE_AP_2324.csv", "ap", _exams_of_2024),
    Sample("CogAT__sample_anonymized_file.csv", "cogat", r"Standard Age Score \(SAS\) (V|Q|N|VQ|VN|QN|VQN)"),
    Sample("CogAT__sample_anonymized_file_underscores.csv", "cogat_packed", _packed),
    Sample("CogAT__sample_anonymized_file.txt", "cogat_fixed_width", _fixed(*((at, 3) for at in range(1113, 1134, 3)))),
    Sample("Iowa__sample_anonymized_file.csv", "iowa", "SS_([RM])", held=56, why="six numbers for 29 students"),
    Sample("ACCESS__2021_to_2025_sample_anonymized_file_ACCESS.csv", "wida_access", ACCESS),
    Sample("ACCESS__sample_anonymized_file_ACCESS.csv", "wida_access", ACCESS, held=8, why="a student without number"),
    Sample("ACCESS__2021_to_2025_sample_anonymized_file_Alternate_ACCESS.csv", "wida_alternate_access", ACCESS),
    Sample("ACCESS__sample_anonymized_file_alternate_Alternate_ACCESS.csv", "wida_alternate_access", ACCESS, held=8, why="a student without number"),
    Sample("CMAS__sample_anonymized_file.csv", "cmas", "(SS|TestReadingScaleScore)"),
    Sample("EOCEP__sample_anonymized_file_EOCEP.csv", "sc_eocep", "SS", held=2, why="one number for all students"),
    Sample("SC_READY__sample_anonymized_file.csv", "sc_ready", "(ELA|Math|Sci|Soc)(?:VSS|SS|Lev)|(ELASSRead)"),
    Sample("SC_Alternate_Assessment__sample_anonymized_file_2016.csv", "sc_alternate", "(ELA|Math|Sci|Soc)(?:SS|Lev)", 2016),
    Sample("SC_Alternate_Assessment__sample_anonymized_file_2024.csv", "sc_alternate", "(ELA|Math|Sci|Soc)(?:SS|Lev)|Level(ELA|Math|Sci|Soc)", 2024),
    Sample("SC_Performance_Task_Assessment__sample_anonymized_file.csv", "sc_performance_task", "(v|nv)total", held=6, why="students twice"),
    Sample("Beacon__sample_anonymized_file.csv", "drc_beacon", r"(Total|S\d+)_(?:Scale_Score|Achievement_Level)"),
    Sample("Beacon__sample_anonymized_file_24_25.csv", "drc_beacon", r"(Total|S\d+)_(?:Scale_Score|Achievement_Level)"),
    Sample("Beacon__sample_anonymized_file_25_26.csv", "drc_beacon", r"(Total|S\d+)_(?:Scale_Score|Achievement_Level)"),
    Sample("CIRCLE__sample_anonymized_file.csv", "circle", WAVE, skip=2),
    Sample("TX_KEA__sample_anonymized_file.csv", "tx_kea", WAVE, skip=2),
    Sample("Fountas_and_Pinnell__sample_anonymized_file_FnP.csv", "fountas_pinnell", "TextReading"),
    Sample("IN_ILEARN__ilearn_sample_data.csv", "in_ilearn", "(Overall|IREAD-3 Overall|IREAD-3 Grade 2 Overall) scale score", 2024),
    Sample("IN_ILEARN__ilearn_checkpoint_sample_data.csv", "in_ilearn", "(Overall|IREAD-3 Overall|IREAD-3 Grade 2 Overall) scale score", 2025),
    Sample("Missouri_Assessment_Program__sample_anonymized_file.txt", "mo_map", "MAP_SCALE_SCORE|PERFORMANCE_LEVEL|EOC_SCORE", delimiter="\t"),
    Sample("PALS__PALS_SAMPLE_data_file.csv", "pals", "(NAMEWRI|ALPHA_UC|ALPHA_LC|LETTERSND|BEGSOUND|PRNTWORD|RHYME|NURRHYME)"),
    Sample("FastBridgeCAT__fake_aMath.csv", "fastbridge", FASTBRIDGE, 2025, held=4, why="students twice"),
    Sample("FastBridgeCAT__sample_anonymized_aMath.csv", "fastbridge", FASTBRIDGE, 2025),
    Sample("FastBridgeCAT__sample_anonymized_aReading.csv", "fastbridge", FASTBRIDGE, 2026),
    Sample("FastBridge_AUTOreading__sample_anonymized_file_fastbridge_autoreading.csv", "fastbridge", FASTBRIDGE, 2024),
    Sample("FastBridge_CBMmath__sample_anonymized_file_cbmm_auto.csv", "fastbridge", FASTBRIDGE, 2024),
    Sample("FastBridge_CBMmath__sample_anonymized_file_cbmm_cap.csv", "fastbridge", FASTBRIDGE, 2024),
    Sample("FastBridge_CBMmath__sample_anonymized_file_cbmm_process.csv", "fastbridge", FASTBRIDGE, 2023),
    Sample("FastBridge_CBMreading__sample_anonymized_file_fastbridge_cbmreading.csv", "fastbridge", FASTBRIDGE, 2023),
    Sample("FastBridge_CBMreading__sample_anonymized_file_fastbridge_comprehension_question.csv", "fastbridge", FASTBRIDGE, 2023),
    Sample("FastBridge_CBMreading__sample_anonymized_file_fastbridge_comprehension_recall.csv", "fastbridge", SEASONS + " (Comprehension Recall) (?:Risk Level|Detailed Comp Items Correct)", 2023),
    Sample("FastBridge_COMPefficiency__sample_anonymized_file_fastbridge_compefficiency.csv", "fastbridge", SEASONS + " (Comprehension Efficiency) (?:Risk Level|Items Correct)", 2024),
    Sample("FastBridge_English__sample_anonymized_file.csv", "fastbridge", FASTBRIDGE, 2023),
    Sample("FastBridge_Math__sample_anonymized_file.csv", "fastbridge", FASTBRIDGE, 2024),
    Sample("STAAR_Summative__sample_anonymized_file.csv", "staar_summative", STAAR, held=10, why="students twice"),
    Sample("STAAR_Summative__sample_anonymized_file.txt", "staar_summative_fixed_width", _fixed((408, 4), (762, 4), (1510, 4), (1910, 4)), held=10, why="students twice"),
    Sample("STAAR_Interim__sample_anonymized_file.csv", "staar_interim", "Total Scale Score"),
    Sample("STAMP__anonymized_sample_file.csv", "stamp", "(Reading|Writing|Listening|Speaking|Composite) (?:Level|Scaled Score|Score)", missing=("NS", "IP", "NR")),
    Sample("WI_Forward__sample_anonymized_file.csv", "wi_forward", "Scale_Score_(.*)|(.*)_Performance_Level"),
    Sample("iStation__sample_anonymized_file.csv", "istation", r"(\w+)_SCORE"),
    Sample("myIGDIs__sample_anonymized_file.csv", "myigdis", "(.*)/(?:Scaled Score|Score|Tier|Date Of Administration)"),
)  # fmt: skip
