"""SQL lives in files beside the module that asks: one question, one file."""

from functools import cache
from pathlib import Path


@cache
def load_sql(module_file: str, name: str) -> str:
    """Return the text of ``sql/<name>`` beside a module."""
    return (Path(module_file).parent / "sql" / name).read_text(encoding="utf-8")
