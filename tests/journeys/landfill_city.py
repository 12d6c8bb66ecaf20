"""The planner who looks for another place for the landfill of the demo city."""

from django.contrib.auth.models import Permission, User

PLANNER = "sopheap"
PASSWORD = "farther from the school"
RIGHTS = ("study_siting", "edit_features", "publish_version", "decide_finding")


def fill():
    """Make the planner's account in the database this process works on."""
    planner = User.objects.create_user(PLANNER, password=PASSWORD)
    planner.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
