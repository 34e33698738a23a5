from pathlib import Path

from adapters.outbound.provider_kit.simulation.server.journal import Journal, JournalStep


class TestJournal:
    def test_reads_the_steps_in_order(self, tmp_path: Path) -> None:
        steps = [JournalStep(seconds=5, days=0, events=0), JournalStep(seconds=0, days=2, events=7)]
        for step in steps:
            Journal(tmp_path / "journal").append(step)
        assert Journal(tmp_path / "journal").read() == steps

    def test_omits_empty_steps(self, tmp_path: Path) -> None:
        Journal(tmp_path / "journal").append(JournalStep(seconds=0, days=0, events=0))
        assert Journal(tmp_path / "journal").read() == []

    def test_drops_a_truncated_last_line(self, tmp_path: Path) -> None:
        path, step = tmp_path / "journal", JournalStep(seconds=1, days=0, events=0)
        Journal(path).append(step)
        complete_text = path.read_text()
        path.write_text(f'{complete_text}{{"seconds": 1, "da')
        assert Journal(path).read() == [step]
        assert path.read_text() == complete_text

    def test_records_nothing_without_a_file(self) -> None:
        journal = Journal(None)
        journal.append(JournalStep(seconds=1, days=0, events=0))
        assert journal.read() == []
