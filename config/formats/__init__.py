"""How numbers and dates are written, one module per language (``FORMAT_MODULE_PATH``)."""
