"""What crosses from the reading process: frames, their limits, and what they may mean."""

import io
import json
import os
import resource
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.copying import EncodedBatch, copy_row, joined
from layers.crs import CrsError
from layers.errors import UnknownCrsError, UnknownLandUseError, UserFacingError
from layers.ingest.confined import frames, limits
from layers.ingest.confined.answer import Answer
from layers.ingest.confined.endings import ended_early, refusal
from layers.ingest.confined.killable import computed
from layers.ingest.report import Issue, RowCounts
from layers.ingest.rows import encoded_batch, issues_of, notes_of, progress_of, row_counts
from layers.vocab import IssueAction, IssueKind
from tests.factories import at

few = settings(max_examples=30, deadline=None, derandomize=True)
KHMER = "ផែនទី៖ ក្រុងព្រះសីហនុ"
TEXT = st.text(max_size=8)
PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT
ITEMS = st.lists(
    st.lists(st.binary(max_size=40), max_size=4)
    | st.dictionaries(TEXT.filter(lambda name: name != "type"), PLAIN, max_size=3),
    max_size=5,
)


def through_a_pipe(items):
    """All bytes a child sends that says these messages and batches (few: a pipe holds 64 kB)."""
    source, target = os.pipe()
    with Answer(target) as answer:
        for item in items:
            if isinstance(item, dict):
                answer._waiting.put({"type": "said", **item})
            else:
                answer.send(item)
    os.close(target)
    with os.fdopen(source, "rb") as pipe:
        return pipe.read()


def heard(content, max_bytes=10**6):
    read = io.BytesIO(content).read
    return [found for _kind, found in frames.read_frames(read, name="a.kml", max_bytes=max_bytes)]


def binary_fields(row):
    """The fields of one row of a binary COPY: a count, then a length and so many bytes each."""
    count, place, fields = int.from_bytes(row[:2], "big"), 2, []
    for _ in range(count):
        length = int.from_bytes(row[place : place + 4], "big", signed=True)
        place += 4
        fields.append(None if length < 0 else row[place : place + length])
        place += max(length, 0)
    assert place == len(row)
    return fields


class TestFrames:
    @few
    @given(ITEMS)
    def test_what_is_said_is_heard_in_order(self, items):
        found = heard(through_a_pipe(items))

        expected = [{"type": "said", **i} if isinstance(i, dict) else i for i in items]
        assert len(found) == len(expected)
        for what, wanted in zip(found, expected, strict=True):
            if isinstance(wanted, list):
                assert frames.batch_parts(what, name="a.kml", count=len(wanted)) == wanted
            else:
                assert what == wanted

    def test_khmer_is_heard_letter_by_letter_and_sent_as_utf_8(self):
        sent = through_a_pipe([{"message": KHMER}])

        assert heard(sent) == [{"type": "said", "message": KHMER}]
        assert KHMER.encode() in sent

    def test_the_limit_counts_what_all_frames_hold_together(self):
        sent = through_a_pipe([[b"x" * 100], [b"y" * 100]])
        held = 2 * (4 + 8 + 100)  # number of parts, size of the part, the part

        assert len(heard(sent, max_bytes=held)) == 2
        with pytest.raises(frames.FrameError, match="more than a file of its size"):
            heard(sent, max_bytes=held - 1)

    def test_a_message_may_be_as_long_as_its_limit_and_no_longer(self, monkeypatch):
        message = json.dumps({"type": "said", "m": "x" * 50}).encode()
        head = struct.pack("<cQ", frames.MESSAGE, len(message))

        monkeypatch.setattr(frames, "MAX_MESSAGE_BYTES", len(message))
        assert heard(head + message)[0]["m"] == "x" * 50
        monkeypatch.setattr(frames, "MAX_MESSAGE_BYTES", len(message) - 1)
        with pytest.raises(frames.FrameError):
            heard(head + message)

    @pytest.mark.parametrize("cut", [1, 8, 9, 30])
    def test_whatever_is_cut_from_the_end_only_whole_frames_are_heard(self, cut):
        sent = through_a_pipe([{"n": 1}, {"n": 2}])

        assert heard(sent[:-cut])[:1] == [{"type": "said", "n": 1}]
        assert len(heard(sent[:-cut])) == 1

    @pytest.mark.parametrize("text", [b"[1]", b'"x"', b"{}", b'{"type": 7}', b"{", b"\xff", b""])
    def test_a_message_is_an_object_with_a_type(self, text):
        with pytest.raises(frames.FrameError):
            heard(struct.pack("<cQ", frames.MESSAGE, len(text)) + text)

    @few
    @given(st.lists(st.binary(max_size=20), max_size=4), st.integers(0, 6))
    def test_a_batch_of_another_number_of_parts_is_refused(self, parts, count):
        [content] = heard(through_a_pipe([parts]))

        if count == len(parts):
            assert frames.batch_parts(content, name="a", count=count) == parts
        else:
            with pytest.raises(frames.FrameError):
                frames.batch_parts(content, name="a", count=count)


class TestMeaning:
    def test_a_batch_is_the_rows_that_were_sent(self):
        batch = joined([copy_row("ដី១", 7, "existing", at(0, 0).wkb, "{}")] * 3)
        [content] = heard(through_a_pipe([[b"3", batch.lines]]))

        assert encoded_batch(content, "a.kml") == batch

    @pytest.mark.parametrize("count", [b"", b"many", b"1.5", b"\xff"])
    def test_a_batch_that_does_not_say_how_many_rows_it_has_is_a_lie(self, count):
        [content] = heard(through_a_pipe([[count, b""]]))

        with pytest.raises(frames.FrameError):
            encoded_batch(content, "a.kml")

    @few
    @given(TEXT, st.none() | st.integers(1, 2**62), st.dictionaries(TEXT, PLAIN, max_size=3))
    def test_a_row_for_the_database_holds_five_fields_and_their_lengths(
        self, stable_id, land_use, properties
    ):
        told = json.dumps(properties, ensure_ascii=False)

        row = copy_row(stable_id, land_use, "planned", at(1, 2).wkb, told)

        fields = binary_fields(row)
        number = None if land_use is None else land_use.to_bytes(8, "big")
        assert fields[:4] == [stable_id.encode(), number, b"planned", at(1, 2).wkb]
        assert fields[4][:1] == b"\x01"
        assert json.loads(fields[4][1:]) == properties

    def test_a_copy_begins_and_ends_as_postgresql_says(self):
        copied = EncodedBatch(0, b"").stream().read()

        assert copied == b"PGCOPY\n\xff\r\n\x00" + bytes(8) + b"\xff\xff"

    def test_an_issue_comes_back_as_it_was_noted(self):
        issue = Issue(
            7,
            IssueKind.UNKNOWN_CLASS,
            IssueAction.KEPT,
            "unknown_class",
            {"value": KHMER},
            "ដី១",
            KHMER,
        )
        [message] = heard(through_a_pipe([{"issues": [list(issue)]}]))

        assert issues_of(message, "a.kml") == [issue]

    @pytest.mark.parametrize("row", ["Infinity", "-Infinity", "NaN", "1e999", "null"])
    def test_an_issue_of_a_row_that_is_no_number_is_a_lie(self, row):
        message = json.loads(
            f'{{"issues": [[{row}, "empty_geometry", "refused", "no_shape", {{}}]]}}'
        )

        with pytest.raises(frames.FrameError, match="issues that are none"):
            issues_of(message, "a.kml")

    @pytest.mark.parametrize("count", ["Infinity", "NaN", "1e999", '"ten"', "null", "[1]"])
    def test_a_balance_that_counts_to_infinity_is_a_lie(self, count):
        message = json.loads(f'{{"counts": {{"read": {count}}}}}')

        with pytest.raises(frames.FrameError, match="no balance of its rows"):
            row_counts(message, "a.kml")

    @pytest.mark.parametrize(
        ("share", "meant"),
        [("0.25", 0.25), ("0", 0), ("1", 1), ("NaN", 0), ("Infinity", 0), ("-1", 0), ("2", 0),
         ("null", 0), ('"half"', 0), ("1" + "0" * 400, 0)],
    )  # fmt: skip
    def test_a_progress_that_is_no_share_is_none(self, share, meant):
        message = json.loads(f'{{"share": {share}, "message": "{KHMER}"}}')

        assert progress_of(message) == (meant, KHMER)

    def test_twenty_notes_are_enough(self):
        notes = notes_of({"notes": [str(n) for n in range(30)]}, "a.kml")

        assert [str(note) for note in notes] == [str(n) for n in range(20)]
        assert notes_of({}, "a.kml") == notes_of({"notes": None}, "a.kml") == ()

    @pytest.mark.parametrize(
        "notes",
        [7, [7], [None], [["hacked", {}]], [["by_place", {"more": 1}]], [["by_place"]],
         [["encoding", {"encoding": "x"}, 3]], [["encoding", []]]],
    )  # fmt: skip
    def test_notes_that_are_none_are_a_lie(self, notes):
        with pytest.raises(frames.FrameError, match="notes that are none"):
            notes_of({"notes": notes}, "a.kml")

    @few
    @given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(-1, 1))
    def test_a_balance_closes_only_when_every_row_went_somewhere(
        self, stored, refused, unclassified, lost
    ):
        read = stored + refused + unclassified + lost
        counts = RowCounts(read=read, stored=stored, refused=refused, unclassified=unclassified)

        if lost:
            with pytest.raises(UserFacingError, match=f"{read} read, {stored} stored"):
                counts.close()
        else:
            counts.close()


class TestRefusals:
    @pytest.mark.parametrize(
        "error",
        [
            UserFacingError(f"{KHMER}.", remedy="Draw it again."),
            CrsError("EPSG:3148 has no shift.", remedy="Set one."),
            UnknownLandUseError(["ផ្ទះ"]),
        ],
    )
    def test_a_refusal_keeps_its_kind_and_its_sentences(self, error):
        told = {"name": type(error).__name__, "what": error.what, "remedy": error.remedy}

        again = refusal(told)

        assert type(again) is type(error)
        assert (again.what, again.remedy, str(again)) == (error.what, error.remedy, str(error))

    def test_a_file_without_crs_is_still_told_apart(self):
        assert isinstance(
            refusal({"name": "UnknownCrsError", "what": "w", "remedy": "r"}), UnknownCrsError
        )

    @pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "", None, 7])
    def test_a_child_chooses_no_other_kind_of_error(self, name):
        assert type(refusal({"name": name, "what": "w", "remedy": "r"})) is UserFacingError

    def test_a_sentence_without_end_is_cut(self):
        assert len(refusal({"what": "x" * 10_000, "remedy": ""}).what) == 2_000

    @pytest.mark.parametrize(
        ("seconds", "words"), [(90, "90 seconds"), (120, "2 minutes"), (150, "2.5 minutes")]
    )
    def test_two_minutes_are_told_as_minutes(self, seconds, words):
        tight = limits.Limits(waiting_s=seconds)

        assert f"took longer than {words}." in str(
            ended_early("a.kml", {"cause": "waiting"}, tight)
        )


class TestLimits:
    @pytest.mark.parametrize(
        ("file_bytes", "answer"),
        [(0, 16 * 1024**2), (1_000_000, 16 * 1024**2 + 300_000_000), (2**60, 64 * 1024**3)],
    )
    def test_a_larger_file_may_be_told_about_at_more_length(self, file_bytes, answer):
        assert limits.answer_to(limits.IMPORTING, file_bytes) == answer

    def test_limits_come_back_from_json_as_they_were(self):
        told = json.loads(json.dumps(limits.LOOKING.as_fields()))

        assert limits.Limits.of(told) == limits.LOOKING

    def test_whoever_waits_in_a_browser_waits_no_longer_than_an_import(self):
        assert limits.LOOKING.computing_s < limits.IMPORTING.computing_s
        assert limits.LOOKING.waiting_s < limits.IMPORTING.waiting_s

    @pytest.mark.parametrize(
        ("hard", "value", "meant"),
        [(resource.RLIM_INFINITY, 50, 50), (20, 50, 20), (80, 50, 50)],
    )
    def test_no_limit_is_raised_above_the_one_that_stands(self, monkeypatch, hard, value, meant):
        monkeypatch.setattr(resource, "getrlimit", lambda _kind: (0, hard))

        assert limits.lowered(resource.RLIMIT_CPU, value) == meant

    def test_what_a_killable_process_computes_may_hold_any_bytes(self):
        content = bytes(range(256)) * 1_000 + b"\n"

        assert computed(lambda: content, seconds=5, memory_bytes=2**28) == content

    def test_what_it_changes_is_not_seen_here(self):
        seen = []

        result = computed(
            lambda: seen.append(1) or b"%d" % len(seen), seconds=5, memory_bytes=2**28
        )

        assert (result, seen) == (b"1", [])

    def test_memory_beyond_its_own_is_refused_to_it(self):
        assert computed(lambda: bytes(2**30)[:1], seconds=5, memory_bytes=2**26) is None
