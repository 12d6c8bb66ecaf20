"""Every source a number cites can be looked up, and nothing else becomes a link."""

import re

import pytest
import yaml
from django.conf import settings
from django.template import Context, Template

from layers.classes import read_table
from layers.sources import sources
from layers.vocab import Basis

ID = re.compile(r"\bS\d\d[a-z]?\b")


def linked(text):
    return Template("{% load sources %}{{ text|link_sources }}").render(Context({"text": text}))


def cited_in_the_tables():
    tables = ("conflict_rules", "legal_instruments", "permit_authority_rules", "service_standards")
    return {i for name in tables for row in read_table(name) for i in ID.findall(row["src"] or "")}


@pytest.mark.parametrize("source_id", sorted(cited_in_the_tables()))
def test_a_source_that_a_table_cites_is_in_the_list(source_id):
    assert source_id in sources()


def test_every_source_of_the_demonstration_rules_is_in_the_list():
    path = settings.BASE_DIR / "fixtures" / "rulebook" / "krong-demo.yaml"
    rules = yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
    cited = {rule["provision"]["source"] for rule in rules if rule["provision"].get("source")}

    assert cited <= set(sources())
    assert len(cited) > 10


def test_a_basis_is_one_the_product_knows_or_none():
    assert {source.basis for source in sources().values()} <= {"", *Basis.values}


@pytest.mark.parametrize(
    ("source_id", "link"),
    [
        ("S03", "https://phnompenhpost.com/national/sub-decree-construction-permit-issued"),
        ("S07", ""),  # noted with gaps: "dfdl.com ... "
        ("S15", ""),  # a number of a library, not an address
        ("S01", ""),  # not noted
    ],
)
def test_only_a_whole_address_can_be_opened(source_id, link):
    assert sources()[source_id].link == link


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("QCVN [S23]", 'QCVN [<a class="source" href="/sources/#S23">S23</a>]'),
        ("S17", '<a class="source" href="/sources/#S17">S17</a>'),
        ("[S99] and S235", "[S99] and S235"),
        ("<b>S23</b>", '&lt;b&gt;<a class="source" href="/sources/#S23">S23</a>&lt;/b&gt;'),
        (None, ""),
        ("", ""),
    ],
)
def test_known_ids_become_links_and_all_else_stays_text(text, shown):
    assert linked(text) == shown


@pytest.mark.django_db
def test_the_page_lists_each_source_where_its_link_leads(client):
    page = client.get("/sources/?lang=en").content.decode()

    for source_id in sources():
        assert f'<tr id="{source_id}">' in page
    assert "QCVN 01:2021/BXD" in page
    assert "foreign reference value, not Cambodian law" in page


@pytest.mark.django_db
def test_the_page_is_khmer_first(client):
    page = client.get("/sources/").content.decode()

    assert "<h1>ប្រភព</h1>" in page
    assert "អ្នកបោះពុម្ពផ្សាយ" in page
