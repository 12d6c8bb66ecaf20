"""Reports that the worker prints: asked for, made, kept for the account that asked."""

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from conflicts.filters import FindingFilter
from conflicts.review.models import FindingReport
from conflicts.review.report import print_report
from layers.errors import NotFoundError
from layers.runs import executing, queue_run

RUN_KIND = "findings report"


@transaction.atomic
def ask_report(*, wanted: FindingFilter, language: str, asked_by: User) -> FindingReport:
    """Write down a report that is to be printed, and let the worker print it."""
    from conflicts.review.tasks import carry_out_report  # noqa: PLC0415 - it calls this module

    run = queue_run(kind=RUN_KIND, title="Print findings", parameters=wanted.as_query())
    report = FindingReport.objects.create(
        run=run, asked_by=asked_by, wanted=wanted.as_query(), language=language
    )
    transaction.on_commit(lambda: carry_out_report.enqueue(report.pk))
    return report


def make_report(report: FindingReport) -> None:
    """Print a report with the rights of the account that asked, and keep its file.

    Raises
    ------
    RunCancelledError
        Someone asked the run to stop: no file is kept.
    """
    with executing(report.run) as progress:
        made = print_report(
            FindingFilter(**report.wanted),
            reader=report.asked_by,
            language=report.language,
            on_progress=progress,
        )
        report.printed, report.left_out = made.printed, made.left_out
        report.file.save(f"findings-{report.pk}.pdf", ContentFile(made.pdf), save=False)
        report.save(update_fields=["printed", "left_out", "file"])


def report_of(user: User, number: int) -> FindingReport:
    """Return a report of an account; others' do not exist for it."""
    found = FindingReport.objects.select_related("run").filter(pk=number, asked_by=user).first()
    if found is None:
        raise NotFoundError(
            _("There is no report %(number)s of yours.") % {"number": number},
            remedy=_("Ask for one on the list of conflicts."),
        )
    return found
