"""A city's profile: decisions about layers and classes, and the record of who took them."""

from django.contrib.auth.models import User
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from layers.models import LandUseClass, Layer, in_reader_language
from layers.profiles.vocab import LONGEST_CODE, LONGEST_NAME, ProfileAction


class CityProfile(models.Model):
    """What one municipality uses of all that is published; at most one profile is in use."""

    code = models.SlugField(_("code"), max_length=LONGEST_CODE, unique=True)
    name_km = models.CharField(_("name in Khmer"), max_length=LONGEST_NAME, blank=True)
    name_en = models.CharField(_("name in English"), max_length=LONGEST_NAME, blank=True)
    is_active = models.BooleanField(_("in use"), default=False)
    revision = models.PositiveIntegerField(_("changes so far"), default=0)

    class Meta:
        ordering = ["code"]
        default_permissions = ()
        permissions = [("change_profile", "Can change the city profile")]
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"],
                condition=Q(is_active=True),
                name="city_profile_one_in_use",
                violation_error_message=_("Another profile is in use."),
            ),
            models.CheckConstraint(
                condition=~Q(name_km="", name_en=""),
                name="city_profile_has_a_name",
                violation_error_message=_("Give the profile a name."),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_reader_language(self.name_km, self.name_en)


class ProfileLayer(models.Model):
    """What a profile decided about one layer; a layer without a row is used as it comes."""

    profile = models.ForeignKey(CityProfile, on_delete=models.PROTECT, related_name="layers")
    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="+")
    place = models.PositiveIntegerField(_("order"))
    is_chosen = models.BooleanField(_("used"), default=True)
    is_on = models.BooleanField(_("drawn when the map opens"), null=True, blank=True)
    group_km = models.CharField(_("heading in Khmer"), max_length=LONGEST_NAME, blank=True)
    group_en = models.CharField(_("heading in English"), max_length=LONGEST_NAME, blank=True)

    class Meta:
        ordering = ["profile", "place"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["profile", "layer"], name="profile_layer_once"),
            models.UniqueConstraint(fields=["profile", "place"], name="profile_layer_place_once"),
        ]

    def __str__(self) -> str:
        return f"{self.profile}: {self.layer}"


class ProfileClass(models.Model):
    """What a profile decided about one class; the official name stays where answers are given."""

    profile = models.ForeignKey(CityProfile, on_delete=models.PROTECT, related_name="classes")
    land_use = models.ForeignKey(LandUseClass, on_delete=models.PROTECT, related_name="+")
    is_chosen = models.BooleanField(_("used"), default=True)
    name_km = models.CharField(_("local name in Khmer"), max_length=LONGEST_NAME, blank=True)
    name_en = models.CharField(_("local name in English"), max_length=LONGEST_NAME, blank=True)

    class Meta:
        ordering = ["profile", "land_use__code"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["profile", "land_use"], name="profile_class_once"),
        ]

    def __str__(self) -> str:
        return f"{self.profile}: {self.land_use.code}"


class ProfileChange(models.Model):
    """Who changed a profile, when, why, and what it said before and after; only ever added to."""

    profile = models.ForeignKey(CityProfile, on_delete=models.PROTECT, related_name="changes")
    number = models.PositiveIntegerField(_("number"))
    action = models.CharField(_("action"), max_length=10, choices=ProfileAction)
    before = models.JSONField(_("before"), default=dict, blank=True)
    after = models.JSONField(_("after"))
    reason = models.TextField(_("reason"))
    changed_by = models.ForeignKey(  # empty: a command did it
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["profile", "number"], name="profile_change_once"),
            models.CheckConstraint(
                condition=Q(action__in=ProfileAction.values), name="profile_change_action_known"
            ),
            models.CheckConstraint(
                condition=Q(reason__regex=r"\S"),
                name="profile_change_has_reason",
                violation_error_message=_("Say why."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile} {self.number}"
