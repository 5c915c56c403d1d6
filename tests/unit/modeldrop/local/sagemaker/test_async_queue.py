from __future__ import annotations

import threading

from modeldrop.local.sagemaker.async_queue import AsyncQueue, AsyncRequest


def request(name: str) -> AsyncRequest:
    return AsyncRequest(name, "", b"", {}, f"s3://b/{name}", None, None, None, 1.0, 0.0)


def test_requests_are_taken_once_and_in_order() -> None:
    queue, taken = AsyncQueue(), list[str]()
    for number in range(500):
        queue.put(request(str(number)))
    lock = threading.Lock()

    def work() -> None:
        while (each := queue.take()) is not None:
            with lock:
                taken.append(each.inference_id)
            queue.finish(each)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=int) == [str(number) for number in range(500)]
    assert queue.backlog().size == 0


def test_backlog_counts_running_requests() -> None:
    queue = AsyncQueue()
    queue.put(request("a"))
    queue.put(request("b"))
    first = queue.take()
    assert first is not None
    assert (queue.backlog().size, queue.backlog().waiting) == (2, 1)
    queue.finish(first)
    assert queue.backlog().size == 1


def test_closed_queue_has_no_requests() -> None:
    queue = AsyncQueue()
    queue.put(request("a"))
    queue.close()
    assert queue.take() is None
    assert not queue.wait_for_request(0.0)
