"""Properties of Unicode characters that decide whether people can tell two texts apart (Unicode TR 39)."""
