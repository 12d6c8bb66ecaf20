"""When two measurements are the same."""

# Differences up to these are drawing, not change: a centimetre, and a tenth of a square metre
# (a centimetre along ten metres of boundary). Chosen for this detector; no law says so.
NOISE_M = 0.01
NOISE_M2 = 0.1
