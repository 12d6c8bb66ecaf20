"""Reviewing findings: counts by place, age and kind; files to take away; the week's digest."""
