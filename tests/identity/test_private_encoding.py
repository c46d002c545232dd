"""Encodings of children: the same bits on both sides, others under another secret, close for typing errors."""

import datetime as dt
import hashlib
import hmac
import os
import random
from pathlib import Path

import pytest

from identity.private.encoding import BITS, Child, Encoder, SecretError, plain_name, plain_zip
from identity.private.secret import linkage_secret

SECRET = "made up for these tests alone 1234"
OTHER = "made up for these tests too 567890"
ANA = Child("Ana María", "Luz", "Peña-Ruiz", dt.date(2012, 3, 14), "F", "23220-1234")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(SECRET)


def dice(one: str | None, other: str | None) -> float:
    assert one
    assert other
    left, right = (bytes.fromhex(text) for text in (one, other))
    both = sum((a & b).bit_count() for a, b in zip(left, right, strict=True))
    return 2 * both / sum(byte.bit_count() for byte in left + right)


def by_hand(secret: str) -> tuple[str, str]:
    """ANA's encoding and its version by sets of positions, from the description in docs/private_linkage.md."""
    stretched = hashlib.pbkdf2_hmac("sha256", secret.encode(), b"clk1", 600_000)
    key = hmac.new(stretched, b"tokens", hashlib.sha256).digest()
    parts = [("first_name", t, 16) for t in ["_a", "an", "na", "am", "ma", "ar", "ri", "ia", "a_"]]
    parts += [("last_name", t, 14) for t in ["_p", "pe", "en", "na", "ar", "ru", "ui", "iz", "z_"]]
    parts += [("middle_name", "l", 6), ("sex", "f", 10)]
    parts += [("birth_date", t, 32) for t in ("month3", "day14", "3", "14")]
    parts += [("zip_code", t, 5) for t in ["02", "13", "22", "32", "40"]]
    long = set()
    for field, token, n in parts:
        digest = hashlib.blake2b(f"{field}|2012|{token}".encode(), key=key, digest_size=64).hexdigest()
        long |= {int(digest[4 * i : 4 * i + 4], 16) % 2048 for i in range(n)}
    low = {place for place in long if place < 1024}
    folded = low ^ {place - 1024 for place in long - low}
    bits = "".join("1" if place in folded else "0" for place in reversed(range(1024)))
    fingerprint = hmac.new(stretched, b"fingerprint", hashlib.sha256).hexdigest()[:8]
    return "".join(f"{int(bits[i : i + 4], 2):x}" for i in range(0, 1024, 4)), f"clk1-{fingerprint}"


def test_bits_are_those_that_the_description_says(encoder: Encoder) -> None:
    assert (encoder.encode(ANA), encoder.version) == by_hand(SECRET)


def test_the_same_child_and_secret_give_the_same_bits_in_another_process_order(encoder: Encoder) -> None:
    again = Encoder(SECRET)
    again.encode(Child("Other", None, "Child", dt.date(2001, 1, 2), "m", "10001"))
    assert again.encode(ANA) == encoder.encode(ANA)


def test_spelling_that_says_the_same_gives_the_same_bits(encoder: Encoder) -> None:
    plainly = Child(" ANA MARIA ", "L.", "PENA RUIZ JR", dt.date(2012, 3, 14), "female", "23220")
    assert encoder.encode(plainly) == encoder.encode(ANA)


def test_under_another_secret_nothing_is_alike(encoder: Encoder) -> None:
    other = Encoder(OTHER)
    assert other.version != encoder.version
    # two filters with a share p of bits set by chance are alike by p
    share = sum(byte.bit_count() for byte in bytes.fromhex(encoder.encode(ANA) or "")) / BITS
    assert abs(dice(other.encode(ANA), encoder.encode(ANA)) - share) < 0.1


def test_another_year_of_birth_is_as_good_as_another_secret(encoder: Encoder) -> None:
    older = Child(ANA.first_name, ANA.middle_name, ANA.last_name, dt.date(2011, 3, 14), ANA.sex, ANA.zip_code)
    assert dice(encoder.encode(older), encoder.encode(ANA)) < 0.45


@pytest.mark.parametrize(
    "told",
    [
        Child("Ana Mara", "Luz", "Peña-Ruiz", dt.date(2012, 3, 14), "F", "23220"),
        Child("Ana María", "", "Penna-Ruiz", dt.date(2012, 3, 14), "F", "23220"),
        Child("Ana María", "L", "Peña Ruiz", dt.date(2012, 3, 14), "", "23221"),
    ],
)
def test_a_typing_error_keeps_two_encodings_close(encoder: Encoder, told: Child) -> None:
    assert dice(encoder.encode(told), encoder.encode(ANA)) > 0.8


def test_a_twin_is_further_away_than_a_typing_error(encoder: Encoder) -> None:
    twin = Child("Benjamin", "Cruz", "Peña-Ruiz", dt.date(2012, 3, 14), "M", "23220")
    assert dice(encoder.encode(twin), encoder.encode(ANA)) < 0.8


def test_month_and_day_that_changed_places_stay_close(encoder: Encoder) -> None:
    day, month = (Child("Ana", None, "Ruiz", dt.date(2012, *md), "F", None) for md in ((3, 4), (4, 3)))
    other = Child("Ana", None, "Ruiz", dt.date(2012, 11, 27), "F", None)
    assert (
        dice(encoder.encode(day), encoder.encode(month))
        > dice(encoder.encode(day), encoder.encode(other)) + 0.1
    )


def test_who_has_too_little_has_no_encoding(encoder: Encoder) -> None:
    assert encoder.encode(Child("Ana", None, "Ruiz", None, "F", "23220")) is None
    assert encoder.encode(Child("", "Luz", "'-", dt.date(2012, 3, 14), "F", "23220")) is None
    assert encoder.encode(Child("Ana", None, "Ruiz", dt.date(1900, 1, 1), "F", "23220")) is None


def test_no_bit_is_set_far_more_often_than_others(encoder: Encoder) -> None:
    rng = random.Random(5)
    children = [
        Child("".join(rng.choices("aeioulmnrst", k=6)), None, "".join(rng.choices("aeioulmnrst", k=7)),
              dt.date(1990, 1, 1) + dt.timedelta(rng.randrange(9000)), rng.choice("fm"), f"{rng.randrange(10000, 99999)}")
        for _ in range(600)
    ]  # fmt: skip
    encoded = [int(encoder.encode(child) or "0", 16) for child in children]
    shares = [sum(one >> bit & 1 for one in encoded) / len(encoded) for bit in range(BITS)]
    assert max(shares) < 0.45
    assert min(shares) > 0.1


def test_plain_names_and_zip_codes() -> None:
    assert plain_name("O'Brien-Łukasz, III") == "obrienlukasz"
    assert plain_name("Junior") == "junior"
    assert plain_name("Jr") == "jr"  # a suffix alone may be all there is
    assert plain_name("Ольга") == "ольга"
    assert (plain_zip("23220-1234"), plain_zip("2322"), plain_zip("00000"), plain_zip(None)) == (
        "23220",
        "",
        "",
        "",
    )


@pytest.mark.parametrize("secret", ["", "letmein", "a" * 64, "abababababababababababababab"])
def test_a_weak_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(SecretError) as refused:
        Encoder(secret)
    assert "24 characters" in str(refused.value)
    assert not secret or secret not in str(refused.value)


def test_a_traceback_does_not_tell_the_key(encoder: Encoder) -> None:
    assert repr(encoder) == f"Encoder({encoder.version})"


def test_where_the_secret_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "linkage.key"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o600)
    monkeypatch.delenv("MILEPOST_LINKAGE_KEY", raising=False)
    monkeypatch.delenv("MILEPOST_LINKAGE_KEY_FILE", raising=False)
    with pytest.raises(SecretError, match="MILEPOST_LINKAGE_KEY"):
        linkage_secret()
    assert linkage_secret(file) == SECRET
    monkeypatch.setenv("MILEPOST_LINKAGE_KEY_FILE", str(file))
    assert linkage_secret() == SECRET
    monkeypatch.setenv("MILEPOST_LINKAGE_KEY", OTHER)
    assert linkage_secret() == OTHER
    assert linkage_secret(file) == SECRET
    with pytest.raises(SecretError, match="cannot be read"):
        linkage_secret(tmp_path / "nowhere")
    if os.name == "posix":
        file.chmod(0o644)
        with pytest.raises(SecretError, match="chmod 600"):
            linkage_secret(file)
