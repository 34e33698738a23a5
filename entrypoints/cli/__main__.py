"""`python -m entrypoints.cli`: the same as `pms`, for child processes."""

from entrypoints.cli.main import main

if __name__ == "__main__":
    main()
