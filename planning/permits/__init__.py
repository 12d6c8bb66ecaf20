"""Permits: an application is read, checked against the law on its land, and routed."""
