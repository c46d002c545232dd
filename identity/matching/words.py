"""What stands in fields without being a name, a date or an address, and how letters are written plainly."""

from __future__ import annotations

# Letters that `strip_accents` leaves as they are; what one letter becomes several for has a line of its own.
LETTERS = ("øłđðıħŧ", "olddiht")
LIGATURES = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
# Cyrillic and Greek after the usual way of passports; soft and hard signs have no sound.
OTHER_SCRIPTS = (
    "абвгґдеёзиіїйклмнопрстуфыэαβγδεζηικλμνοπρσςτυφω",
    "abvggdeeziiiiklmnoprstufyeavgdeziiklmnoprsstyfo",
)
OTHER_SCRIPTS_LONG = {
    "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "є": "ye",
    "ь": "", "ъ": "", "θ": "th", "ξ": "x", "χ": "ch", "ψ": "ps",
}  # fmt: skip

SUFFIXES = ("jr", "junior", "sr", "senior", "ii", "iii", "iv", "2nd", "3rd", "4th", "esq")
PARTICLES = (
    "de", "del", "dela", "della", "di", "da", "do", "dos", "das", "du", "des", "la", "las", "le", "les", "lo",
    "los", "el", "al", "il", "y", "e", "van", "von", "vander", "der", "den", "ter", "ten", "zu", "af", "av",
    "bin", "ibn", "bint", "ben", "abu", "abd", "san", "santa", "st", "mac", "mc", "o", "d", "l",
)  # fmt: skip

# Whole fields that say that there is no name (yet); digits after them, "Baby Boy 2", do not matter.
_NOBODY = (
    "unknown", "unk", "unkn", "unknwn", "none", "no name", "noname", "null", "nil", "n a", "not given",
    "not provided", "not available", "not known", "not applicable", "not collected", "not reported", "nn",
    "data not collected", "missing", "blank", "empty", "tbd", "to be determined", "pending", "anonymous",
    "anon", "refused", "declined", "withheld", "redacted", "suppressed", "confidential", "deceased",
    "do not use", "dummy", "fake", "sample", "demo", "test", "tester", "testing", "test test",
    "test student", "test patient", "test client", "test child", "test record", "asdf", "qwerty", "abc",
    "first name", "last name", "firstname", "lastname", "first", "last", "name", "surname", "nfn", "nln",
    "nmn", "nmi", "fnu", "lnu", "john doe", "jane doe", "desconocido", "desconocida", "sin nombre",
    "sin apellido", "ninguno",
)  # fmt: skip
# Only a given name's field says so with these: Child, Boy and Baby are surnames too.
_NOT_YET_NAMED = (
    "baby", "baby boy", "baby girl", "babyboy", "babygirl", "bb", "bg", "boy", "girl", "infant", "infant boy",
    "infant girl", "infant male", "infant female", "newborn", "new born", "newborn boy", "newborn girl",
    "newborn male", "newborn female", "unborn", "unborn child", "male", "female", "male infant",
    "female infant", "baby male", "baby female", "boy baby", "girl baby", "child", "minor", "minor child",
    "kid", "student", "pupil", "patient", "client", "twin", "twin boy", "twin girl", "baby twin", "triplet",
    "boy twin", "girl twin", "baby boy twin", "baby girl twin", "fetus", "recien nacido",
    "recien nacida", "varon", "hembra",
)  # fmt: skip
# "Baby Boy A", "Infant Girl Two", "Newborn of"
TAIL_OF_UNNAMED = "( (a|b|c|d|i|ii|one|two|three|of|twin|triplet|boy|girl|male|female))*"

NO_FIRST_NAME = (*_NOBODY, *_NOT_YET_NAMED)
_SURNAMES_TOO = ("blank", "sample", "last")  # rare as families' names are, nobody enters these for none
NO_LAST_NAME = tuple(word for word in _NOBODY if word not in _SURNAMES_TOO)
# dates that systems put in where they know none
NO_BIRTH_DATES = ("1753-01-01", "1900-01-01", "1901-01-01", "1970-01-01", "1899-12-30", "1899-12-31")

NO_ADDRESS = (
    "homeless", "unknown", "unk", "none", "n a", "na", "no address", "no fixed address",
    "no permanent address",
    "transient", "general delivery", "address unknown", "unknown address", "not provided", "not given",
    "same", "pending", "tbd", "confidential", "xx", "x", "test", "null", "missing", "refused", "moved",
    "shelter", "undomiciled", "unsheltered",
)  # fmt: skip
# Words of an address and how they are written short; what is written as nothing only introduces a number.
ADDRESS_WORDS = {
    "street": "st", "str": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "lane": "ln",
    "court": "ct", "crt": "ct", "place": "pl", "boulevard": "blvd", "circle": "cir", "terrace": "ter",
    "trail": "trl", "parkway": "pkwy", "highway": "hwy", "square": "sq", "crescent": "cres", "close": "cl",
    "circuit": "cct", "way": "wy", "mount": "mt", "saint": "st", "fort": "ft", "north": "n", "south": "s",
    "east": "e", "west": "w", "northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw",
    "first": "1", "1st": "1", "second": "2", "2nd": "2", "third": "3", "3rd": "3", "fourth": "4", "4th": "4",
    "apartment": "", "apt": "", "unit": "", "suite": "", "ste": "", "number": "", "no": "", "room": "",
    "rm": "", "lot": "", "trlr": "", "flat": "",
}  # fmt: skip
