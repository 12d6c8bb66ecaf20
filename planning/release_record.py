"""What is kept of a release: who gave reserved land free, when, by which decision and why."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from planning.vocab import ReservationStatus

LONGEST_INSTRUMENT = 300
LONGEST_REASON = 500


class LandRelease(models.Model):
    """The end of a reservation by decision; written once, the database refuses every change."""

    reservation = models.OneToOneField(
        "planning.LandReservation", on_delete=models.PROTECT, related_name="release"
    )
    status_before = models.CharField(
        _("status before the release"), max_length=10, choices=ReservationStatus
    )
    instrument = models.ForeignKey(
        "planning.LegalInstrument", on_delete=models.PROTECT, null=True, blank=True
    )
    instrument_text = models.CharField(_("instrument as written"), max_length=LONGEST_INSTRUMENT)
    reason = models.CharField(_("Reason of the release"), max_length=LONGEST_REASON)
    released_on = models.DateField(_("Released on"))
    released_area_m2 = models.DecimalField(
        _("area given free [m2]"), max_digits=14, decimal_places=2
    )
    layer_version = models.PositiveIntegerField(_("first version of the layer without it"))
    entered_at = models.DateTimeField(_("entered at"), auto_now_add=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)

    class Meta:
        """One release ends one reservation, and says why."""

        ordering = ["reservation"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(instrument_text="") & ~Q(reason=""),
                name="release_by_an_instrument_for_a_reason",
                violation_error_message=_("Name the decision and say why."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reservation} – {self.released_on}"
