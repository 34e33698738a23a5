"""The list of commands is shown without importing any of them."""

import subprocess
import sys

import pytest
from click import Context
from click.shell_completion import ShellComplete

from entrypoints.cli.main import COMMANDS, LazyCommand, main

SHOW_HELP_AND_MODULES = """
import sys
from contextlib import suppress
from entrypoints.cli.main import main
with suppress(SystemExit):
    main({arguments!r})
print(sorted(name for name in sys.modules if name.startswith("entrypoints.cli.")))
"""
OWN_MODULES = ["entrypoints.cli.main", "entrypoints.cli.output"]


class TestCommands:
    @pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
    def test_are_listed_with_the_first_sentence_of_their_help(self, command: LazyCommand) -> None:
        assert command.summary == command.load().get_short_help_str(limit=1_000)

    @pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
    def test_are_not_imported_to_be_listed(self, arguments: list[str]) -> None:
        script = SHOW_HELP_AND_MODULES.format(arguments=arguments)
        command = [sys.executable, "-c", script]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert shown.splitlines()[-1] == str(OWN_MODULES)
        if arguments == ["--help"]:
            assert all(name in shown for name in COMMANDS)

    def test_are_completed_with_their_summaries(self) -> None:
        completion = ShellComplete(main, {}, "pms", "_PMS_COMPLETE")
        found = {each.value: each.help for each in completion.get_completions([], "s")}
        names = {"scheduler", "secrets", "simulate", "sync"}
        assert found == {name: COMMANDS[name].summary for name in names}

    def test_unknown_one_is_none(self) -> None:
        assert main.get_command(Context(main), "nonsense") is None
