"""The order of a queue with priorities and tenants, and the caches of prefixes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.simulation import Request
from inferc.compiler.simulation.prefixes import PrefixCache
from inferc.compiler.simulation.queues import FairQueue


def ask(tenant: str = "", priority: int = 0, tokens: int = 100, at_s: float = 0.0) -> Request:
    return Request(at_s, tokens, tokens, priority=priority, tenant=tenant)


def drained(queue: FairQueue) -> list[Request]:
    return [queue.popleft() for _ in range(len(queue))]


def test_a_single_tenant_is_served_first_come_first_served() -> None:
    queue = FairQueue()
    requests = [ask(at_s=float(place)) for place in range(5)]
    for request in requests:
        queue.append(request)
    assert list(queue) == requests
    assert drained(queue) == requests


def test_higher_priority_goes_first() -> None:
    queue = FairQueue()
    for priority in (0, 2, 1, 2):
        queue.append(ask(priority=priority))
    assert [request.priority for request in drained(queue)] == [2, 2, 1, 0]


def test_tenants_take_turns_by_tokens_and_weights() -> None:
    queue = FairQueue({"big": 3.0})
    for _ in range(8):
        queue.append(ask("big"))
        queue.append(ask("small"))
    first = [request.tenant for request in drained(queue)[:8]]
    assert first.count("big") == 6
    assert first.count("small") == 2


def test_short_requests_get_more_turns_than_long_ones() -> None:
    queue = FairQueue()
    for _ in range(20):
        queue.append(ask("short", tokens=100))
        queue.append(ask("long", tokens=400))
    first = [request.tenant for request in drained(queue)[:15]]
    assert first.count("short") == 12


def test_a_tenant_that_was_away_has_no_credit() -> None:
    queue = FairQueue()
    for _ in range(50):
        queue.append(ask("here"))
    for _ in range(40):
        queue.popleft()
    for _ in range(10):
        queue.append(ask("back"))
    first = [request.tenant for request in drained(queue)[:10]]
    assert 4 <= first.count("here") <= 6


def test_what_is_put_back_is_first_again() -> None:
    queue = FairQueue()
    for tenant in ("a", "b", "a", "b"):
        queue.append(ask(tenant))
    first = queue.popleft()
    queue.appendleft(first)
    assert queue[0] is first
    assert len(queue) == 4


actions = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abc"), st.integers(0, 2), st.integers(1, 50)),
        st.just(("take",)),
    ),
    max_size=60,
)


@given(actions)
@settings(deadline=None)
def test_the_queue_loses_nothing_and_shows_what_it_will_give(steps: list[tuple]) -> None:
    queue = FairQueue()
    inside: list[Request] = []
    for at, step in enumerate(steps):
        if step[0] == "put":
            request = ask(step[1], step[2], step[3], float(at))
            queue.append(request)
            inside.append(request)
        elif inside:
            shown = queue[0]
            taken = queue.popleft()
            assert taken is shown
            assert taken.priority == max(request.priority for request in inside)
            inside.remove(taken)
        assert len(queue) == len(inside)
        assert sorted(queue) == sorted(inside)


def test_a_prefix_ends_at_the_first_block_that_is_not_there() -> None:
    cache = PrefixCache(512, 10 * 512)
    cache.remember((1, 2, 3))
    assert cache.known_tok((1, 2, 9, 3)) == 2 * 512
    assert cache.known_tok((9, 1, 2)) == 0
    assert cache.peek_tok((1, 2, 3, 4)) == 3 * 512
    assert (cache.asked_tok, cache.found_tok) == (7 * 512, 2 * 512)


def test_what_was_not_used_for_longest_goes_first() -> None:
    cache = PrefixCache(512, 4 * 512)
    cache.remember((1, 2))
    cache.remember((3, 4))
    cache.remember((1, 2))
    cache.remember((5,))
    assert cache.peek_tok((1, 2)) == 1024
    assert cache.peek_tok((3, 4)) == 512  # the end of a prompt goes before its beginning
    assert len(cache) == 4


@given(st.lists(st.lists(st.integers(0, 30), max_size=8, unique=True), max_size=30))
@settings(deadline=None)
def test_a_cache_never_exceeds_its_room(prompts: list[list[int]]) -> None:
    cache = PrefixCache(16, 6 * 16)
    for prompt in prompts:
        cache.remember(tuple(prompt))
        assert len(cache) <= 6
        assert cache.peek_tok(tuple(prompt)) == 16 * min(6, len(prompt))
