"""What a detection keeps for the re-check that goes on from it."""
