"""Areas that share the ground: where two lie over each other, where a strip stays bare."""
