"""The tutorials are executed as a reader would, each in a database and folder of its own."""

import nbformat
import pytest
from nbclient import NotebookClient

from tests.city import ROOT, new_city

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PROJECT_SRID = 32648


def executed(path, city, monkeypatch):
    """The notebook after a run from the top, in that city's database."""
    for name, value in city.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(ROOT))
    return notebook


def printed(notebook):
    """All that the cells printed or returned, as one text."""
    return "\n".join(
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )


def test_there_is_a_tutorial_to_run():
    assert next(path.name for path in NOTEBOOKS) == "01_from_layers_to_conflicts.ipynb"


def test_the_first_tutorial_goes_from_layers_to_a_landfill_420_m_from_a_school_and_a_wet_hospital(
    tmp_path, monkeypatch
):
    with new_city(PROJECT_SRID, "notebook", tmp_path) as city:
        told = printed(executed(NOTEBOOKS[0], city, monkeypatch))
    assert "420" in told
    assert "FZ-01" in told


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_tutorial_defines_nothing_and_keeps_no_output(path):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert not any(line.startswith(("def ", "class ")) for line in cell.source.splitlines())
