"""What lies on the ground: catalogue, versioned features, rasters, coverage, import, tiles."""
