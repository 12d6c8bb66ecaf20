"""The headline of a result counts what failed, what is open and what warns; none reads softer."""

import pytest

from layers.vocab import Answer, Basis
from planning.permits.checks import Check
from planning.permits.headline import headline_of, worst_answer
from planning.permits.run import check_application, outcome_of
from planning.sentences import labelled, named
from planning.vocab import Outcome
from tests.factories import square
from tests.planning.city import application, r1_plot, zoned
from tests.planning.city import parcel as plot

LAW, DEMO = Basis.BINDING_LAW, Basis.DEMO_VALUE


def answered(answer, basis=LAW, code="x"):
    text = named("ក", "x")
    return Check(code=code, title=text, answer=answer, explanation=text, basis=basis)


def spoken(*checks):
    return headline_of(outcome_of(checks), checks)["en"]


def test_failures_open_questions_and_warnings_are_counted_apart():
    found = spoken(
        answered(Answer.FAILS), answered(Answer.FAILS, DEMO), answered(Answer.FAILS, DEMO),
        answered(Answer.CANNOT_TELL), answered(Answer.CANNOT_TELL, DEMO),
        answered(Answer.COMPLIES), answered(Answer.NOT_APPLICABLE),
    )  # fmt: skip
    assert found == (
        "This is no clearance. Failed: 3 (may block: 1, warnings: 2). "
        "Cannot be told: 2 (may block: 1, warnings: 1)."
    )


@pytest.mark.parametrize("basis", [LAW, DEMO, None])
@pytest.mark.parametrize("answer", [Answer.FAILS, Answer.CANNOT_TELL])
def test_one_failed_or_open_check_is_no_clearance_whatever_it_rests_on(answer, basis):
    assert spoken(answered(Answer.COMPLIES), answered(answer, basis)).startswith(
        "This is no clearance."
    )


def test_where_nothing_was_checked_nothing_is_cleared():
    assert spoken().startswith("This is no clearance.")
    assert worst_answer([]) == Answer.CANNOT_TELL


def test_only_a_result_without_failure_and_open_question_is_not_called_no_clearance():
    found = spoken(answered(Answer.COMPLIES), answered(Answer.NOT_APPLICABLE))
    assert found.startswith("Failed: 0 (may block: 0, warnings: 0). Cannot be told: 0")


@pytest.mark.parametrize(
    ("answers", "look"),
    [
        ([(Answer.COMPLIES, LAW), (Answer.FAILS, DEMO)], "fails"),
        ([(Answer.CANNOT_TELL, LAW), (Answer.FAILS, DEMO)], "fails"),
        ([(Answer.COMPLIES, LAW), (Answer.CANNOT_TELL, DEMO)], "cannot_tell"),
        ([(Answer.COMPLIES, LAW), (Answer.NOT_APPLICABLE, None)], "complies"),
    ],
)
def test_a_failed_warning_looks_like_a_failure(answers, look):
    assert worst_answer([answered(*pair) for pair in answers]).value == look


@pytest.mark.django_db
def test_a_prohibited_use_on_a_demo_value_is_named_in_the_headline():
    r1_plot()
    uses = [{"class": "landfill", "floor_area_m2": 200}]
    results = check_application(application(proposal={"uses": uses})).results
    [use] = [row for row in results["checks"] if row["code"] == "use:landfill"]
    assert (use["answer"], use["may_block"]) == ("fails", False)
    assert "A proposed use is prohibited here." in results["headline"]["en"]
    assert "មិនមែន" in results["headline"]["km"]
    assert results["headline_answer"] == "fails"


@pytest.mark.django_db
def test_the_page_of_a_prohibited_use_says_no_in_both_languages_before_anything_else(client):
    zoned(("Z-1", "R1", square(0, 0, 100)), parcels=[plot("P-1", square(40, 40, 20), 400.0)])
    typed = {"parcels": "P-1", "use_1": "casino", "floor_area_1": "200"}
    english = client.post("/permits/?lang=en", typed).content.decode()
    khmer = client.post("/permits/?lang=km", typed).content.decode()
    assert english.index("This is no clearance.") < english.index("Checks</h2>")
    assert 'class="answer fails"' in english[: english.index("This is no clearance.")]
    assert "នេះមិនមែនជាការអនុញ្ញាតទេ" in khmer


def test_the_name_of_an_outcome_with_warnings_is_a_no():
    assert str(Outcome.WARNINGS.label) != str(Outcome.COMPLIANT.label)
    assert labelled(Outcome.WARNINGS.label)["en"].startswith("not cleared")
