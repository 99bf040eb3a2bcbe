"""What a captioner writes down of a medium: the literal record of a video, or of an image in one of eight templates."""
