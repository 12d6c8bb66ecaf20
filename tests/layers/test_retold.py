"""A refusal is stored once and told to each reader in their own language."""

import json

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from layers.errors import UnknownLandUseError, UserFacingError
from layers.ingest.confined.endings import refusal
from layers.ingest.confined.frames import FrameError
from layers.models import Run
from layers.retold import Retellable, as_fields, gettext, retold
from layers.runs import executing, keep_reason, message_of, queue_run
from layers.vocab import RunState

EMPTY = "%(name)s is empty (0 bytes)."
AGAIN = "Fetch or export it again."


def khmer(text):
    return any("\u1780" <= letter <= "\u17ff" for letter in text)


def through_json(text):
    return json.loads(json.dumps(as_fields(text)))


class TestSentences:
    def test_a_sentence_raised_in_khmer_is_told_in_english(self):
        with override("km"):
            raised = gettext(EMPTY) % {"name": "ដី.gpkg"}
        stored = through_json(raised)

        assert khmer(raised.replace("ដី.gpkg", ""))
        with override("en"):
            assert retold(stored) == "ដី.gpkg is empty (0 bytes)."
        with override("km"):
            assert retold(stored) == raised

    def test_it_is_a_text_like_any_other(self):
        told = gettext(EMPTY) % {"name": "a"}

        assert isinstance(told, str)
        assert f"{told} {gettext(AGAIN)}" == "a is empty (0 bytes). Fetch or export it again."
        assert told.values == {"name": "a"}

    def test_a_sentence_within_a_sentence_is_told_again_too(self):
        with override("km"):
            reason = gettext("a message without a type")
            error = FrameError("a.gpkg", reason)
        stored = through_json(error.what)

        with override("en"):
            assert retold(stored) == (
                "a.gpkg: the program that reads files sent a message without a type. "
                "Nothing was stored."
            )
        with override("km"):
            assert "a message" not in retold(stored)

    def test_numbers_stay_numbers_and_plain_texts_plain(self):
        assert through_json("words") == "words"
        assert through_json(3) == 3
        assert through_json(gettext("%(count)d of them") % {"count": 3}) == [
            "%(count)d of them",
            {"count": 3},
        ]

    @pytest.mark.parametrize(
        "sent",
        [
            None, {}, [], ["a"], ["a", 3], [3, {}], ["a", {}, {}],
            ["%(x)1000000000d", {"x": 1}],  # a gigabyte of blanks
            ["%(x)s %", {"x": "a"}],
            ["%(x)s", {}],
            ["%(x)d", {"x": "no number"}],
            ["%(x)s", {"x": ["%(x)s", {"x": ["%(x)s", {"x": ["deep", {}]}]}]}],
            ["%(x)s", {"x": None}],
            [" ".join(f"%(x{n})s" for n in range(31)), {f"x{n}": "a" for n in range(31)}],
        ],
    )  # fmt: skip
    def test_what_is_no_sentence_is_not_told(self, sent):
        assert retold(sent, "otherwise") == "otherwise"

    def test_what_a_hostile_reading_sends_stays_short(self):
        error = refusal({"what": "a" * 10**6, "remedy": ["%(x)s", {"x": "b" * 10**6}]})

        assert len(error.what) <= 2_000
        assert len(error.remedy) <= 2_000

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
        )
    )
    def test_nothing_that_can_be_sent_makes_the_telling_fail(self, sent):
        assert isinstance(retold(sent, "otherwise"), str)

    @given(st.text("%()sdxy1 ", max_size=30), st.dictionaries(st.sampled_from("xy"), st.integers()))
    def test_nor_does_any_pattern_of_gaps(self, sentence, values):
        assert isinstance(retold([sentence, values], "otherwise"), str)


@pytest.mark.django_db
class TestRuns:
    def refused(self, language, error):
        run = queue_run(kind="import", title="Import a.gpkg", parameters={"file": "a.gpkg"})
        with override(language), pytest.raises(UserFacingError), executing(run):
            raise error()
        run.refresh_from_db()
        return run

    @pytest.mark.parametrize("ordered_in", ["km", "en"])
    def test_why_a_run_was_refused_is_told_in_the_reader_s_language(self, ordered_in):
        run = self.refused(ordered_in, lambda: UnknownLandUseError(["R9"]))

        with override("en"):
            assert message_of(run).startswith("Unknown land-use class: 'R9'. Nothing was stored.")
        with override("km"):
            assert khmer(message_of(run))
            assert "'R9'" in message_of(run)
            assert "Unknown" not in message_of(run)

    def test_what_the_run_was_about_stays(self):
        run = self.refused("km", lambda: UnknownLandUseError(["R9"]))

        assert run.parameters["file"] == "a.gpkg"
        assert run.state == RunState.FAILED
        assert khmer(run.message)  # as it was raised: for the log

    def test_an_error_of_plain_words_is_told_as_it_is(self):
        run = self.refused("km", lambda: UserFacingError("Gone.", remedy="Ask."))

        assert message_of(run) == "Gone. Ask."

    def test_an_older_run_without_a_stored_reason_tells_its_message(self):
        run = Run(state=RunState.FAILED, message="The old words.", parameters={})

        assert message_of(run) == "The old words."

    @pytest.mark.parametrize("stored", ["x", [], [None, None], [["%(x)s", {}], 3]])
    def test_a_reason_that_cannot_be_told_leaves_the_message(self, stored):
        run = Run(state=RunState.FAILED, message="The words.", parameters={"refused": stored})

        assert message_of(run) in {"The words.", "3"}

    def test_a_run_that_goes_on_tells_what_it_does(self):
        run = queue_run(kind="import", title="a", parameters={})
        keep_reason(run, UserFacingError("Gone.", remedy="Ask."))
        run.state, run.message = RunState.RUNNING, "Reading"

        assert message_of(run) == "Reading"

    def test_a_reading_s_refusal_crosses_from_the_child_in_both_languages(self):
        with override("km"):
            sent = {
                "what": through_json(gettext(EMPTY) % {"name": "a.gpkg"}),
                "remedy": through_json(gettext(AGAIN)),
            }
            error = refusal(sent)

        assert isinstance(error.what, Retellable)
        with override("en"):
            assert retold(through_json(error.what)) == "a.gpkg is empty (0 bytes)."
