"""The groups children are told apart by, in the order in which they are paired."""

DISAGGREGATES = (
    "race_ethnicity",
    "gender",
    "economic_disadvantage",
    "english_learner",
    "disability",
    "homelessness",
    "foster_care",
)
