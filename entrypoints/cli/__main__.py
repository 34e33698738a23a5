"""`python -m entrypoints.cli`: `pms` as child processes start it."""

from entrypoints.cli.main import main

if __name__ == "__main__":
    main()
