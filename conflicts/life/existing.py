"""Of which kinds of rules a finding is about a use that may have existed before the rule."""

# Both sides are uses, and both must have stood before.
KINDS_OF_BOTH = ("separation", "overlap", "adjacency")
# The subject is a use; the object a plan, a zone, reserved land or a hazard map, or there is none.
KINDS_OF_SUBJECT = (
    "plan_vs_existing",
    "hazard_exposure",
    "containment",
    "reservation_encroachment",
    "standard_violation",
)
# All others (records, plans against plans, services, networks) are of no single use.
