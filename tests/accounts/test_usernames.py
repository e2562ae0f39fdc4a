"""Usernames and display names."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import usernames
from tests.factories import make_user


@pytest.mark.parametrize(
    "name",
    [
        "ana",
        "Ünal",
        "Ana.Brandt",
        "a",
        "x" * 32,
        "李雷",
        "たろう",
        "Аня",
        "Мария-2",
        "yuki_加藤",
        "9lives",
        "அனா",
    ],
)
def test_names_in_many_languages_are_valid(name):
    usernames.validate_username(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "required"),
        ("   ", "required"),
        ("x" * 33, "too_long"),
        ("-ana", "characters"),
        ("ana.", "characters"),
        ("an a", "characters"),
        ("ana@home", "characters"),
        ("ana\u200bb", "characters"),
        ("ana\u202eb", "characters"),
        ("an\u0000a", "characters"),
        ("аna", "scripts"),  # a Cyrillic а
        ("ανa", "scripts"),  # Greek and Latin
        ("Everyone", "reserved"),
        ("ＨＥＲＥ", "reserved"),
    ],
)
def test_deceptive_name_is_refused(name, code):
    with pytest.raises(ValidationError) as refusal:
        usernames.validate_username(name)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("one", "other"), [("ünal", "ÜNAL"), ("straße", "STRASSE"), ("ana", "Ａｎａ"), ("ǆ", "Ǆ"), ("e\u0301va", "Éva")]
)
def test_spellings_of_a_name_share_a_key(one, other):
    assert usernames.key(one) == usernames.key(other)


@pytest.mark.django_db
def test_database_refuses_another_spelling_of_a_name():
    make_user("Ünal")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("ÜNAL")


@pytest.mark.django_db
def test_database_refuses_an_email_twice_in_any_case():
    make_user("ana", email="Ana@Example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("bo", email="ana@example.ORG")


def test_display_name_has_no_invisible_characters():
    usernames.validate_display_name("Zoë 👩‍🚀 from Åre")
    for hidden in ("a\u202eb", "a\u200bb", "a\nb", "a\ue000b"):
        with pytest.raises(ValidationError):
            usernames.validate_display_name(hidden)
