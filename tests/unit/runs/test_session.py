"""Chunks of a session: taken one by one, and gone before anything else needs room."""

import weakref

import pytest

from simengine.engine.tile import BLOCK
from simengine.runs.saves import Saves
from simengine.runs.session import Session
from tests.unit.runs.ways import request, run_and_hash, study_in

pytestmark = pytest.mark.unit


def test_a_chunk_has_gone_before_a_shard_is_written(tmp_path, monkeypatch):
    taken, gone = [], []
    take, offer = Session._take, Saves.offer

    def noted(session, chunk):
        taken.append(weakref.ref(chunk))
        take(session, chunk)

    def offered(saves, keeper, state):
        gone.append(taken[-1]() is None)
        offer(saves, keeper, state)

    monkeypatch.setattr(Session, "_take", noted)
    monkeypatch.setattr(Saves, "offer", offered)
    run_and_hash(request(study_in(tmp_path), tmp_path / "run.nc", draws=4 * BLOCK, blocks=1))
    assert gone == [True] * 4


def test_tasks_are_cut_as_they_are_asked_for(tmp_path, monkeypatch):
    made, ahead = [], []
    tasks, take = Session.tasks, Session._take

    def counted(session, first, draws):
        for task in tasks(session, first, draws):
            made.append(task)
            yield task

    def looked_at(session, chunk):
        ahead.append(len(made) - len(ahead))
        take(session, chunk)

    monkeypatch.setattr(Session, "tasks", counted)
    monkeypatch.setattr(Session, "_take", looked_at)
    run_and_hash(request(study_in(tmp_path), tmp_path / "run.nc", draws=12 * BLOCK + 5, blocks=1))
    assert made == [(block, block + 1) for block in range(13)]
    # two for the one thread, however many there are to come
    assert max(ahead) == 2
