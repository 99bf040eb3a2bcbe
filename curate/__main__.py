"""`python -m curate` is `curate`."""

if __name__ == "__main__":
    from curate.cli import main  # not at the top: the decoders' processes import this file too

    main()
