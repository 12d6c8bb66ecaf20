"""What every page writes alike."""
