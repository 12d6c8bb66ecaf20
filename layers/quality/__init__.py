"""How good a layer is: made once for each published version by the worker, and kept."""
