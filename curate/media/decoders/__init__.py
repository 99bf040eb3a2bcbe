"""Ways to read the frames of a film: one file per decoder, see `curate.media.decoder`."""
