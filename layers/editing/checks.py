"""All that is asked of a draft before it may be published."""

from layers.editing.content import content_problems
from layers.editing.models import Draft
from layers.editing.problems import Problem
from layers.editing.reading import edited_content, latest_edits
from layers.editing.topology import topology_problems


def check_draft(draft: Draft) -> list[Problem]:
    """Return what is wrong with a draft, what refuses publication before what only warns.

    Each changed feature by itself (shape, class, attributes of the layer's schema), then the
    changed areas against their neighbours where the layer is exclusive.
    """
    problems = [
        problem
        for edit in latest_edits(draft)
        if (content := edited_content(edit)) is not None
        for problem in content_problems(content, draft.layer, edit.stable_id)
    ]
    problems += topology_problems(draft)
    return sorted(problems, key=lambda problem: problem.severity)
