"""Which identifier, class and lifecycle a row gets, and from where."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.errors import UnknownLandUseError, UserFacingError
from layers.ingest.attributes import as_text
from layers.ingest.batches import SourceBatch
from layers.ingest.class_data import ClassData
from layers.ingest.mapping import check_mapping, mapped_values, property_names
from layers.ingest.options import ImportOptions
from layers.ingest.osm_tags import TagClassifier, rules_of
from layers.ingest.report import Issue
from layers.ingest.vocab import ImportText
from layers.retold import gettext as _
from layers.vocab import IssueAction, IssueKind, Lifecycle

STABLE_ID_COLUMN = "stable_id"
# Feature.stable_id is varchar(80).
MAX_ID_LENGTH = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels:
    """One entry per row of a batch."""

    ids: pa.Array
    classes: pa.Array
    lifecycles: pa.Array
    is_refused: np.ndarray
    is_unclassified: np.ndarray
    issues: list[Issue] = field(default_factory=list)

    def only(self, wanted: np.ndarray) -> Self:
        """Return the labels of the wanted rows, without the issues."""
        if wanted.all() and not self.issues:
            return self
        mask = pa.array(wanted)
        return type(self)(
            ids=self.ids.filter(mask),
            classes=self.classes.filter(mask),
            lifecycles=self.lifecycles.filter(mask),
            is_refused=self.is_refused[wanted],
            is_unclassified=self.is_unclassified[wanted],
        )


class Labeller:
    """Labels the rows of one source as the options say.

    Raises
    ------
    UserFacingError
        A column or class named in the options does not exist.
    """

    def __init__(
        self,
        options: ImportOptions,
        classes: ClassData,
        *,
        fields: tuple[str, ...],
        id_prefix: str,
    ) -> None:
        named = (options.id_field, options.class_field, options.lifecycle_field)
        for column in filter(None, named):
            _check_column(column, fields)
        self.options = options
        check_mapping(options, classes, fields)
        self.id_column = options.id_field or (
            STABLE_ID_COLUMN if STABLE_ID_COLUMN in fields else ""
        )
        self.unknown_classes: Counter[str] = Counter()
        self.known_values = 0
        self._id_prefix = id_prefix
        used = {self.id_column, options.lifecycle_field}
        self.property_names = property_names(options, [f for f in fields if f not in used])
        _check_class(options.land_use, classes)
        self.class_ids = classes.ids
        self._classifier = TagClassifier(rules_of(classes.filters)) if options.classify else None

    def label(self, batch: SourceBatch) -> Labels:
        """Return the labels of a batch with the issues found on the way."""
        issues: list[Issue] = []
        ids = self._ids(batch, issues)
        lifecycles, is_refused = self._lifecycles(batch, issues)
        classes = self._classes(batch, issues)
        unclassified = np.zeros(len(batch), dtype=bool)
        if self._classifier is not None and not self.options.keep_unclassified:
            unclassified = classes.is_null().to_numpy(zero_copy_only=False) & ~is_refused
        named = dict(zip(batch.rows.tolist(), ids.to_pylist(), strict=True)) if issues else {}
        return Labels(
            ids=ids,
            classes=classes,
            lifecycles=lifecycles,
            is_refused=is_refused,
            is_unclassified=unclassified,
            issues=[issue._replace(stable_id=named[issue.row]) for issue in issues],
        )

    def attribute_columns(self, batch: SourceBatch) -> dict[str, pa.Array]:
        """Return the columns that become properties: all but those that became labels."""
        return {name: batch.columns[column] for column, name in self.property_names.items()}

    def check_some_known(self) -> None:
        """Refuse a column in which not one value is a class.

        Raises
        ------
        UserFacingError
            The class column holds something else than the codes of the class list.
        """
        if not self.unknown_classes or self.known_values:
            return
        seen = ", ".join(f"'{value}'" for value, _count in self.unknown_classes.most_common(5))
        raise UserFacingError(
            _(
                "No value of column '%(class_field)s' is a land-use class; it "
                "holds %(seen)s. Nothing was stored."
            )
            % {"class_field": self.options.class_field, "seen": seen},
            remedy=_("See './krong classes' for the codes, or choose another --class-field."),
        )

    def _ids(self, batch: SourceBatch, issues: list[Issue]) -> pa.Array:
        """Return identifiers; a row without a usable one gets the one of its place in the file."""
        by_place = pc.binary_join_element_wise(
            self._id_prefix, pc.cast(batch.fids, pa.string()), ""
        )
        if not self.id_column:
            return by_place
        stated = as_text(batch.columns[self.id_column])
        unusable = pc.or_kleene(stated.is_null(), pc.greater(pc.utf8_length(stated), MAX_ID_LENGTH))
        for index in _true_at(unusable):
            text = stated[index].as_py() or ""
            why = ImportText.LONG_ID if text else ImportText.EMPTY_ID
            told = {"column": self.id_column, "id": by_place[index].as_py()}
            issues.append(
                Issue(
                    int(batch.rows[index]),
                    IssueKind.UNUSABLE_ID,
                    IssueAction.KEPT,
                    why,
                    told | ({"most": MAX_ID_LENGTH} if text else {}),
                    value=text,
                )
            )
        return pc.if_else(unusable, by_place, stated)

    def _lifecycles(self, batch: SourceBatch, issues: list[Issue]) -> tuple[pa.Array, np.ndarray]:
        """Return lifecycles and which rows state one that is not known: those are refused."""
        existing = pa.repeat(pa.scalar(Lifecycle.EXISTING.value), len(batch))
        if not self.options.lifecycle_field:
            return existing, np.zeros(len(batch), dtype=bool)
        stated = pc.utf8_lower(as_text(batch.columns[self.options.lifecycle_field]))
        stated = pc.replace_substring(pc.coalesce(stated, existing), " ", "_")
        odd = pc.invert(pc.is_in(stated, value_set=pa.array(Lifecycle.values)))
        issues.extend(
            _unknown_lifecycle(int(batch.rows[i]), stated[i].as_py()) for i in _true_at(odd)
        )
        return stated, odd.to_numpy(zero_copy_only=False)

    def _classes(self, batch: SourceBatch, issues: list[Issue]) -> pa.Array:
        if self._classifier is not None and batch.tags is not None:
            found = [self._classifier.class_of(json.loads(t)) for t in batch.tags.to_pylist()]
            return pa.array(found, pa.string())
        if not self.options.class_field:
            code = self.options.land_use or None
            return pa.repeat(pa.scalar(code, pa.string()), len(batch))
        stated = as_text(batch.columns[self.options.class_field])
        stated, has_no_class = mapped_values(stated, self.options.classes)
        self.known_values += int(has_no_class.sum())
        known = pc.is_in(stated, value_set=pa.array(sorted(self.class_ids), pa.string()))
        self.known_values += pc.sum(known).as_py() or 0
        unknown = _true_at(pc.and_(pc.invert(known), stated.is_valid()))
        issues.extend(self._unknown_class(int(batch.rows[i]), stated[i].as_py()) for i in unknown)
        return pc.if_else(known, stated, pa.scalar(None, pa.string()))

    def _unknown_class(self, row: int, value: str) -> Issue:
        self.unknown_classes[value] += 1
        return Issue(
            row,
            IssueKind.UNKNOWN_CLASS,
            IssueAction.KEPT,
            ImportText.UNKNOWN_CLASS,
            {"value": value},
            value=value,
        )


def _unknown_lifecycle(row: int, value: str) -> Issue:
    return Issue(
        row,
        IssueKind.UNKNOWN_LIFECYCLE,
        IssueAction.REFUSED,
        ImportText.UNKNOWN_LIFECYCLE,
        {"value": value, "known": ", ".join(Lifecycle.values)},
        value=value,
    )


def _check_class(code: str, classes: ClassData) -> None:
    """Refuse an unknown class before anything is read."""
    if code and code not in classes.ids:
        raise UnknownLandUseError([code])


def _check_column(column: str, fields: tuple[str, ...]) -> None:
    if column not in fields:
        raise UserFacingError(
            _("The file has no column '%(column)s'. Nothing was imported.") % {"column": column},
            remedy=_("Its columns are: %(names)s.") % {"names": ", ".join(fields[:30]) or "–"},
        )


def _true_at(mask: pa.Array) -> list[int]:
    return [int(i) for i in np.flatnonzero(mask.to_numpy(zero_copy_only=False))]
