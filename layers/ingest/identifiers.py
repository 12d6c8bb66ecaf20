"""Which identifiers of a file came before: exact, and in a few bytes a row.

A set of Python texts takes 100 bytes and more a row; three million rows are not worth 300 MB. Kept
are eight bytes of hash, sorted, and the texts as Arrow holds them. Equal hashes only raise the
suspicion; the texts decide.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class KnownIdentifiers:
    """The identifiers of all rows kept so far."""

    def __init__(self) -> None:
        self._hashes = np.empty(0, dtype=np.int64)
        self._texts: list[pa.Array] = []

    def first_of(self, ids: pa.Array, candidates: np.ndarray) -> np.ndarray:
        """Tell which candidates (one boolean per row) are the first so called; remember them."""
        listed = ids.to_pylist()
        hashes = np.fromiter(map(hash, listed), np.int64, len(listed))
        is_first = candidates.copy()
        suspects = np.flatnonzero(candidates & self._may_be_known(hashes, candidates))
        if len(suspects):
            met = self._known_among([listed[i] for i in suspects])
            for index in suspects:
                is_first[index] = listed[index] not in met
                met.add(listed[index])
        self._remember(ids, hashes, is_first)
        return is_first

    def _may_be_known(self, hashes: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        ordered = np.sort(hashes[candidates])
        twins = ordered[1:][ordered[1:] == ordered[:-1]]
        met = ordered[self._holds(ordered)]
        if not len(twins) and not len(met):
            return np.zeros(len(hashes), dtype=bool)
        return np.isin(hashes, np.concatenate([twins, met]))

    def _holds(self, hashes: np.ndarray) -> np.ndarray:
        if not len(self._hashes):
            return np.zeros(len(hashes), dtype=bool)
        places = np.searchsorted(self._hashes, hashes)
        places[places == len(self._hashes)] = 0
        is_held: np.ndarray = self._hashes[places] == hashes
        return is_held

    def _known_among(self, texts: list[str]) -> set[str]:
        asked = pa.array(sorted(set(texts)), pa.string())
        met: set[str] = set()
        for known in self._texts:
            met.update(known.filter(pc.is_in(known, value_set=asked)).to_pylist())
        return met

    def _remember(self, ids: pa.Array, hashes: np.ndarray, is_first: np.ndarray) -> None:
        self._texts.append(ids.filter(pa.array(is_first)))
        both = np.concatenate([self._hashes, np.sort(hashes[is_first])])
        both.sort(kind="stable")  # merges two sorted runs
        self._hashes = both
