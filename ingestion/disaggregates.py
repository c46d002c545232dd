"""The groups children are told apart by, in the order in which they are paired."""

from itertools import combinations

DISAGGREGATES = (
    "race_ethnicity",
    "gender",
    "economic_disadvantage",
    "english_learner",
    "disability",
    "homelessness",
    "foster_care",
)
PAIRS = tuple(f"{first}_x_{second}" for first, second in combinations(DISAGGREGATES, 2))
