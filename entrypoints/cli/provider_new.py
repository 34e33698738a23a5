"""`pms provider new`."""

from pathlib import Path

import click

from entrypoints.cli.output import is_json_requested, json_option, print_json
from entrypoints.scaffold.provider_package import write_package


@click.command("new")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new or empty folder; by default ./pms-provider-NAME.",
)
@click.option("--title", help="Product name as the vendor spells it, e.g. StayHub.")
@json_option
def new_provider(name: str, *, into: Path | None, title: str | None) -> None:
    """Write a package that adds provider NAME: adapter, simulator, sample payload and tests.

    It runs against its own simulator at once; replace its sample format with the vendor's.
    """
    folder = into or Path(f"pms-provider-{name}")
    written_files = write_package(name, title or name.capitalize(), folder)
    if is_json_requested():
        print_json({"folder": str(folder), "files": [str(path) for path in written_files]})
        return
    for path in written_files:
        click.echo(path)
    click.echo(f"\nNext: pip install -e {folder} && pms provider certify {name}")
