from django.utils.translation import override

from planning.sentences import in_language, joined, labelled, named, said
from planning.vocab import Permission


def test_a_sentence_is_said_in_both_languages_with_its_numbers():
    pair = said("Plot area %(area)s m² from the title.", area=1234.5)
    assert pair["en"] == "Plot area 1,234.5 m² from the title."
    assert "1\u00a0234,5" in pair["km"]
    assert pair["km"] != pair["en"]


def test_a_sentence_takes_names_in_its_own_language():
    pair = said("Use: %(use)s", use=named("សាលា", "School"))
    assert "សាលា" in pair["km"]
    assert pair["en"] == "Use: School"


def test_a_percent_sign_survives_with_and_without_numbers():
    assert (
        "50 %"
        in said(
            "Only %(share)s %% of the parcel was surveyed; nothing was found there.", share=50.0
        )["en"]
    )


def test_a_name_known_in_one_language_only_stands_in_both():
    assert named("", "Pier") == {"km": "Pier", "en": "Pier"}
    assert named("ផែ", "") == {"km": "ផែ", "en": "ផែ"}


def test_labels_and_lists_are_said_in_both_languages():
    label = labelled(Permission.PROHIBITED.label)
    assert (label["en"], label["km"]) == ("prohibited", "ហាមឃាត់")
    assert joined([label, label])["en"] == "prohibited; prohibited"


def test_the_reader_reads_khmer_unless_they_chose_english():
    with override("km"):
        assert in_language(named("ក", "a")) == "ក"
    with override("en"):
        assert in_language(named("ក", "a")) == "a"
