import json

import pytest
from django.core.management import call_command

from layers.vocab import Answer, Basis
from planning.models import ComplianceRun
from planning.permits import run as run_module
from planning.permits.checks import Check
from planning.permits.run import check_application, outcome_of, store_run
from planning.sentences import said
from planning.vocab import Outcome
from tests.factories import feature, filled_layer, square
from tests.planning.city import application, r1_plot


def answered(answer, basis=Basis.PRESS_REPORT):
    return Check(code="x", title=said("x"), answer=answer, explanation=said("x"), basis=basis)


@pytest.mark.parametrize(
    ("checks", "outcome"),
    [
        ([answered(Answer.COMPLIES)], Outcome.COMPLIANT),
        ([answered(Answer.NOT_APPLICABLE)], Outcome.COMPLIANT),
        ([answered(Answer.FAILS)], Outcome.NOT_COMPLIANT),
        ([answered(Answer.FAILS, Basis.DEMO_VALUE)], Outcome.WARNINGS),
        ([answered(Answer.FAILS, Basis.FOREIGN_REFERENCE)], Outcome.WARNINGS),
        ([answered(Answer.FAILS, Basis.BENCHMARK)], Outcome.WARNINGS),
        ([answered(Answer.CANNOT_TELL, Basis.DEMO_VALUE)], Outcome.WARNINGS),
        ([answered(Answer.CANNOT_TELL)], Outcome.UNDETERMINED),
        ([answered(Answer.CANNOT_TELL, None)], Outcome.UNDETERMINED),
        ([answered(Answer.CANNOT_TELL), answered(Answer.FAILS)], Outcome.NOT_COMPLIANT),
        ([answered(Answer.FAILS, Basis.DEMO_VALUE), answered(Answer.CANNOT_TELL)],
         Outcome.UNDETERMINED),
    ],
)  # fmt: skip
def test_the_outcome_blocks_on_law_only_and_clears_nothing_that_is_open(checks, outcome):
    assert outcome_of(checks) == outcome


def test_margins_point_to_the_safe_side():
    above = Check(
        code="x", title=said("x"), answer=Answer.FAILS, explanation=said("x"),
        measured=12.0, required=10.0, bound="max",
    )  # fmt: skip
    below = Check(
        code="x", title=said("x"), answer=Answer.FAILS, explanation=said("x"),
        measured=12.0, required=10.0, bound="min",
    )  # fmt: skip
    assert (above.margin, below.margin) == (-2, 2)


@pytest.mark.django_db
def test_the_same_inputs_have_the_same_digest_and_other_inputs_another():
    r1_plot()
    first = check_application(application())
    assert check_application(application()).digest == first.digest
    assert check_application(application(proposal={"floors": 3})).digest != first.digest


@pytest.mark.django_db
def test_new_data_change_the_digest():
    r1_plot()
    before = check_application(application()).digest
    filled_layer("reservations", feature("R-1", square(500, 500, 10)))
    assert check_application(application()).digest != before


@pytest.mark.django_db
def test_a_stored_run_holds_what_was_asked_and_answered_and_checking_again_leaves_it():
    r1_plot()
    first = store_run(check_application(application()))
    frozen = ComplianceRun.objects.values().get(pk=first.pk)
    store_run(check_application(application(proposal={"footprint_area_m2": 100})))
    assert ComplianceRun.objects.count() == 2
    assert ComplianceRun.objects.values().get(pk=first.pk) == frozen
    assert frozen["application"] == application()
    assert frozen["outcome"] == Outcome.NOT_COMPLIANT
    assert {row["layer"] for row in frozen["data_versions"]} == {"zones", "parcels"}


def test_no_function_of_the_module_changes_a_stored_run():
    source = run_module.__loader__.get_source(run_module.__name__)
    assert ".save(" not in source
    assert ".update(" not in source


@pytest.mark.django_db
def test_the_answers_say_what_was_left_out_and_what_is_known_of_the_permit():
    r1_plot()
    results = check_application(application()).results
    assert "Heights near the airport" in results["not_checked"][0]["en"]
    law = " ".join(fact["text"]["en"] for fact in results["law"])
    assert "one year" in law
    assert "counts as approval" in law
    assert "not known" in law


@pytest.mark.django_db
def test_every_check_states_its_basis_or_that_something_is_missing():
    r1_plot()
    for check in check_application(application()).results["checks"]:
        assert check["basis"] or check["missing"] or check["answer"] == "not_applicable"
        assert check["title"]["km"]
        assert check["explanation"]["km"]
        assert check["missing"] if check["answer"] == "cannot_tell" else not check["missing"]


@pytest.fixture
def file(tmp_path):
    def written(**changed):
        path = tmp_path / "application.json"
        path.write_text(json.dumps(application(**changed)), encoding="utf-8")
        return path

    return written


@pytest.mark.django_db
def test_the_command_stores_the_run_it_prints(file, capsys):
    r1_plot()
    call_command("check-permit", str(file()), "--json")
    printed = json.loads(capsys.readouterr().out)
    assert ComplianceRun.objects.get(pk=printed["run"]).results["outcome"] == printed["outcome"]


@pytest.mark.django_db
def test_the_command_tells_people_margin_basis_authority_and_gaps(file, capsys):
    r1_plot()
    call_command("check-permit", str(file()))
    text = capsys.readouterr().out
    assert "53.33 <= 50 %, margin -3.33 percentage points" in text
    assert "Cambodian rule known from press reports" in text
    assert "Governor of the municipality" in text
    assert "missing: Nobody has mapped this here yet." in text
    assert "Outcome: not compliant" in text


@pytest.mark.django_db
def test_the_command_keeps_nothing_when_told_so(file, capsys):
    r1_plot()
    call_command("check-permit", str(file()), "--no-store", "--json")
    assert "run" not in json.loads(capsys.readouterr().out)
    assert not ComplianceRun.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"parcels": ["P-99"]}, "no parcel 'P-99'"),
        ({"proposal": {"height_m": -1}}, "'height_m'"),
        ({"surprise": 1}, "'surprise'"),
    ],
)
def test_bad_input_ends_with_code_2_a_sentence_and_the_database_as_before(
    file, capsys, changed, sentence
):
    r1_plot()
    with pytest.raises(SystemExit) as ended:
        call_command("check-permit", str(file(**changed)))
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
    assert not ComplianceRun.objects.exists()


@pytest.mark.django_db
def test_a_file_that_is_not_there_ends_with_code_2(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("check-permit", str(tmp_path / "none.json"))
    assert ended.value.code == 2
    assert "cannot be read" in capsys.readouterr().err
