"""SQL lives in files beside the module that asks: one question, one file."""

import re
from functools import cache
from pathlib import Path

_PART = re.compile(r"\{(\w+\.sql)\}")


@cache
def load_sql(module_file: str, name: str) -> str:
    """Return the text of ``sql/<name>`` beside a module.

    What several questions have in common is a file too, named there in braces: ``{part.sql}``.
    """
    text = (Path(module_file).parent / "sql" / name).read_text(encoding="utf-8").rstrip("\n")
    return _PART.sub(lambda part: load_sql(module_file, part[1]), text)
