from pathlib import Path

from adapters.outbound.provider_kit.simulation.server.journal import Journal, JournalStep


class TestJournal:
    def test_remembers_each_step_in_order(self, tmp_path: Path) -> None:
        steps = [JournalStep(seconds=5, days=0, events=0), JournalStep(seconds=0, days=2, events=7)]
        for step in steps:
            Journal(tmp_path / "lived").append(step)
        assert Journal(tmp_path / "lived").read() == steps

    def test_does_not_note_that_nothing_happened(self, tmp_path: Path) -> None:
        Journal(tmp_path / "lived").append(JournalStep(seconds=0, days=0, events=0))
        assert Journal(tmp_path / "lived").read() == []

    def test_forgets_a_line_that_a_crash_cut_off(self, tmp_path: Path) -> None:
        path, step = tmp_path / "lived", JournalStep(seconds=1, days=0, events=0)
        Journal(path).append(step)
        whole = path.read_text()
        path.write_text(f'{whole}{{"seconds": 1, "da')
        assert Journal(path).read() == [step]
        assert path.read_text() == whole

    def test_without_a_file_remembers_nothing(self) -> None:
        journal = Journal(None)
        journal.append(JournalStep(seconds=1, days=0, events=0))
        assert journal.read() == []
