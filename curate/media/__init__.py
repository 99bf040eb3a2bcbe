"""Media: path to identity, probe and frames; decoding runs in processes of its own."""
