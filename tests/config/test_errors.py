"""Error pages: a sentence in the reader's language, nothing of the machine inside."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from layers.errors import UserFacingError

pytestmark = pytest.mark.django_db


def _refuse(_request):
    raise UserFacingError("The file has no coordinate system.", remedy="Ask the supplier for it.")


def _forbid(_request):
    raise PermissionDenied


def _suspect(_request):
    raise SuspiciousOperation("header of the attacker")


def _break(_request):
    raise ValueError("secret-of-the-machine")


urlpatterns = [
    path("refuse/", _refuse),
    path("refuse.json", _refuse),
    path("forbid/", _forbid),
    path("suspect/", _suspect),
    path("break/", _break),
    path("fine/", lambda _request: HttpResponse("fine")),
    path("", include("config.urls")),
]


@pytest.fixture
def visitor(settings):
    settings.ROOT_URLCONF = __name__
    settings.DEBUG = False
    return Client(raise_request_exception=False)


def test_an_error_the_user_can_mend_is_a_page_with_both_sentences(visitor):
    response = visitor.get("/refuse/")
    assert response.status_code == 400
    page = response.content.decode()
    assert "The file has no coordinate system." in page
    assert "Ask the supplier for it." in page


@pytest.mark.parametrize(
    ("address", "headers"), [("/refuse.json", {}), ("/refuse/", {"Accept": "application/json"})]
)
def test_a_program_gets_the_same_sentences_as_json(visitor, address, headers):
    response = visitor.get(address, headers=headers)
    assert response.status_code == 400
    assert response.json() == {
        "error": {
            "what": "The file has no coordinate system.",
            "remedy": "Ask the supplier for it.",
        }
    }


@pytest.mark.parametrize(
    ("language", "sentence"), [("km", "គ្មានទំព័រនេះទេ។"), ("en", "There is no such page.")]
)
def test_a_page_that_is_not_there_says_so_in_the_readers_language(visitor, language, sentence):
    response = visitor.get(f"/nowhere/?lang={language}")
    assert response.status_code == 404
    assert sentence in response.content.decode()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("km", "គណនីរបស់អ្នកមិនអាចបើកទំព័រនេះបានទេ។"), ("en", "Your account may not open this page.")],
)
def test_a_page_that_is_not_for_this_account_says_so(visitor, language, sentence):
    response = visitor.get(f"/forbid/?lang={language}")
    assert response.status_code == 403
    assert sentence in response.content.decode()


@pytest.mark.parametrize(
    ("address", "status", "khmer", "english"),
    [
        ("/suspect/", 400, "សំណើនេះមិនអាចយល់បានទេ។", "This request cannot be understood."),
        ("/break/", 500, "មានកំហុសនៅលើម៉ាស៊ីនមេ។", "Something went wrong on the server."),
    ],
)
def test_where_the_language_is_not_known_both_are_written(visitor, address, status, khmer, english):
    response = visitor.get(address)
    page = response.content.decode()
    assert response.status_code == status
    assert khmer in page
    assert english in page


@pytest.mark.parametrize("address", ["/suspect/", "/break/"])
def test_no_error_page_tells_what_the_machine_thought(visitor, address):
    page = visitor.get(address).content.decode()
    assert "secret-of-the-machine" not in page
    assert "header of the attacker" not in page
    assert "Traceback" not in page


@pytest.mark.parametrize(
    "address", ["/refuse/", "/forbid/", "/suspect/", "/break/", "/nowhere/", "/fine/"]
)
def test_every_answer_carries_the_rule_that_nothing_comes_from_outside(visitor, address):
    assert "default-src 'self'" in visitor.get(address)["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/refuse/", "/forbid/", "/suspect/", "/break/", "/nowhere/"])
def test_every_error_page_leads_back_to_the_map(visitor, address):
    assert 'href="/map/"' in visitor.get(address).content.decode()


def test_sign_in_names_what_is_wrong_and_keeps_where_the_reader_wanted_to_go(visitor):
    response = visitor.post(
        "/login/?lang=en", {"username": "a", "password": "b", "next": "/layers/"}
    )
    page = response.content.decode()
    assert "Name and password do not match." in page
    assert 'name="next" value="/layers/"' in page
