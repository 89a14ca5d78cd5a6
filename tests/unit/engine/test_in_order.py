"""Results in the order of the tasks: bounded look-ahead, the first error in order, nothing left behind."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from simengine.engine.in_order import in_order

pytestmark = pytest.mark.unit


@pytest.fixture
def pool():
    with ThreadPoolExecutor(3) as made:
        yield made


@pytest.mark.parametrize("ahead", [1, 2, 7, 100])
def test_results_come_in_the_order_of_the_tasks_whoever_is_first(pool, ahead):
    def slow_when_even(task):
        time.sleep(0.004 if task % 2 == 0 else 0.0)
        return task * task

    assert list(in_order(pool, slow_when_even, range(20), ahead)) == [task * task for task in range(20)]


def test_no_tasks_no_results(pool):
    assert list(in_order(pool, abs, [], 4)) == []


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_no_more_tasks_are_taken_than_may_be_held(pool, ahead):
    taken = []

    def tasks():
        for task in range(30):
            taken.append(task)
            yield task

    for handed_on, _ in enumerate(in_order(pool, abs, tasks(), ahead)):
        # those handed on before this one are out of the hands of whoever asked
        assert len(taken) - handed_on <= ahead


def test_what_is_finished_early_waits_and_the_rest_goes_on_while_the_caller_works(pool):
    done = threading.Event()

    def call(task):
        if task == 3:
            done.set()

    for task, _ in enumerate(in_order(pool, call, range(4), 4)):
        if task == 0:
            assert done.wait(10)


def test_first_error_in_order_is_raised_although_a_later_one_came_first(pool):
    later = threading.Event()

    def call(task):
        if task == 4:
            later.set()
            raise ValueError
        if task == 2:
            assert later.wait(10)
            raise KeyError
        return task

    found = in_order(pool, call, range(9), 6)
    assert [next(found), next(found)] == [0, 1]
    with pytest.raises(KeyError):
        next(found)
    assert list(found) == []


def test_error_cancels_what_has_not_begun_and_waits_for_what_is_running():
    begun, ended, going = [], [], threading.Event()

    def call(task):
        begun.append(task)
        if task == 0:
            assert going.wait(10)
            raise ZeroDivisionError
        if task == 1:
            going.set()
        # long enough for whoever waits to hear of the error, however busy the machine is
        time.sleep(0.5)
        ended.append(task)

    with ThreadPoolExecutor(2) as pool:
        with pytest.raises(ZeroDivisionError):
            list(in_order(pool, call, range(50), 50))
        assert 1 in ended
        assert sorted(ended) == sorted(set(begun) - {0})
    # a thread that is free may have taken one more before it was cancelled
    assert len(begun) <= 4


def test_error_among_the_tasks_themselves_ends_it_as_any_other(pool):
    def tasks():
        yield 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(in_order(pool, abs, tasks(), 4))


@pytest.mark.parametrize("end", [KeyboardInterrupt, GeneratorExit, ValueError])
def test_caller_that_leaves_has_running_calls_told_to_stop(pool, end):
    stopped, running = threading.Event(), threading.Event()

    def call(task):
        if task:
            running.set()
            assert stopped.wait(10)

    found = in_order(pool, call, range(50), 6, stopped.set)
    next(found)
    assert running.wait(10)
    if end is GeneratorExit:
        found.close()
    else:
        with pytest.raises(end):
            found.throw(end)
    assert stopped.is_set()
    assert list(found) == []


def test_nothing_is_told_to_stop_where_all_went_well(pool):
    stopped = threading.Event()
    assert list(in_order(pool, abs, range(5), 2, stopped.set)) == [0, 1, 2, 3, 4]
    assert not stopped.is_set()


def test_interrupt_while_a_result_is_waited_for_waits_for_that_one_too(pool):
    """The call under way is the one whose result was asked for: it must not go on when the iterator has ended."""
    at_work, ended = threading.Event(), []

    def call(task):
        at_work.set()
        time.sleep(0.1)
        ended.append(task)

    class Interrupting(ThreadPoolExecutor):
        def submit(self, *given):
            future = super().submit(*given)
            asked = future.exception

            def interrupted(timeout=None):
                future.exception = asked
                assert at_work.wait(10)
                raise KeyboardInterrupt

            future.exception = interrupted
            return future

    with Interrupting(1) as one, pytest.raises(KeyboardInterrupt):
        list(in_order(one, call, [7], 1))
    assert ended == [7]
