"""Which layers and classes a city uses, in which order and under which names: looks, no answers."""
