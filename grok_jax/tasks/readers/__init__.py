"""Where real data comes from: downloads with their checksums, and readers of file formats."""
