"""Fleets: routers, scaling, losses, prefill apart from decode."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.clocks import LinearClock
from support.loads import lengths, poisson

from inferc.compiler.simulation import (
    Autoscaler,
    FleetSetup,
    Loss,
    ReplicaSetup,
    Request,
    Spot,
    Transfer,
    burst,
    closed_loop,
    fleet_closed_loop,
    fleet_open_loop,
    open_loop,
)

ONE = ReplicaSetup(clock=LinearClock(), max_num_seqs=64)
CAPACITY_PER_S = burst(ONE, lengths(600)).requests_per_s


def load(count: int, replicas: float, share: float = 0.7) -> list[Request]:
    """Return Poisson arrivals that take this share of so many replicas."""
    return list(poisson(lengths(count), share * replicas * CAPACITY_PER_S))


# ---- the same replicas, one by one ---------------------------------------------------------------


@pytest.mark.parametrize("pipeline", [1, 2])
def test_a_fleet_of_one_is_a_replica(pipeline: int) -> None:
    setup = replace(ONE, pipeline=pipeline, frontend_s=0.01)
    requests = load(1000, 0.5)
    fleet, alone = (
        fleet_open_loop(FleetSetup(replicas=(setup,)), requests),
        open_loop(setup, requests),
    )
    assert fleet.whole.ttft == alone.ttft
    assert fleet.whole.tpot == alone.tpot
    assert fleet.whole.itl == alone.itl
    assert fleet.whole.e2e == alone.e2e
    assert fleet.whole.runs == alone.runs
    assert fleet.replica_s == pytest.approx(alone.makespan_s)
    assert fleet.whole.utilisation == pytest.approx(alone.utilisation)


def test_a_closed_loop_over_a_fleet_of_one_is_that_of_a_replica() -> None:
    fleet = fleet_closed_loop(FleetSetup(replicas=(ONE,)), lengths(600), 40)
    alone = closed_loop(ONE, lengths(600), 40)
    assert fleet.whole.ttft == alone.ttft
    assert fleet.whole.e2e == alone.e2e


def test_round_robin_deals_out_evenly_and_each_replica_is_on_its_own() -> None:
    requests = load(1200, 3)
    fleet = fleet_open_loop(FleetSetup(replicas=(ONE,) * 3, routing="round_robin"), requests)
    for place, outcome in enumerate(fleet.replicas):
        alone = open_loop(ONE, requests[place::3])
        assert outcome.ttft == alone.ttft
        assert outcome.tpot == alone.tpot


# ---- routers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "routing",
    ["round_robin", "random", "least_outstanding", "power_of_two", "weighted", "prefix_aware"],
)
def test_every_router_serves_everything_and_the_same_seed_gives_the_same(routing: str) -> None:
    setup = FleetSetup(replicas=(ONE,) * 4, routing=routing, seed=3)
    requests = load(800, 4)
    one, again = fleet_open_loop(setup, requests), fleet_open_loop(setup, requests)
    assert one == again
    assert one.whole.completed == 800
    assert one.whole.output_tok == sum(request.output_tok for request in requests)
    assert all(outcome.completed > 100 for outcome in one.replicas)


def test_looking_at_the_load_beats_chance() -> None:
    """With slots that fill up, waits are shorter the more a router knows."""
    narrow = replace(ONE, max_num_seqs=16)
    capacity_per_s = 4 * burst(narrow, lengths(600)).requests_per_s
    requests = list(poisson(lengths(3000), 0.9 * capacity_per_s))

    def ttft_s(routing: str) -> float:
        found = fleet_open_loop(FleetSetup(replicas=(narrow,) * 4, routing=routing), requests)
        return found.whole.ttft.p95_s

    chance, two, least = map(ttft_s, ("random", "power_of_two", "least_outstanding"))
    assert least < two < chance
    assert chance > 2 * least


def test_weights_share_the_traffic_out() -> None:
    setup = FleetSetup(replicas=(ONE,) * 3, routing="weighted", weights=(1.0, 2.0, 5.0))
    found = fleet_open_loop(setup, load(800, 1))
    assert [outcome.completed for outcome in found.replicas] == [100, 200, 500]


def test_unequal_replicas_get_what_they_can_do() -> None:
    """The one that is twice as fast ends up with about twice the requests."""
    fast = replace(ONE, clock=LinearClock(step_s=4e-3, tok_s=10e-6, sequence_s=5e-6, kv_tok_s=2e-8))
    found = fleet_open_loop(FleetSetup(replicas=(ONE, fast)), load(3000, 3, 0.9))
    slow_did, fast_did = (outcome.completed for outcome in found.replicas)
    assert 1.6 < fast_did / slow_did < 2.4


def conversations(count: int, turns: int = 6) -> Iterator[Request]:
    """Yield conversations that go on side by side, each turn with all before it as a prefix."""
    at_s = 0.0
    for turn in range(turns):
        for talk in range(count):
            at_s += 0.02
            blocks = tuple(talk * 100 + place for place in range(2 * (turn + 1)))
            yield Request(at_s, 512 * len(blocks) + 50, 40, blocks=blocks)


def test_prefixes_are_found_where_they_were_computed() -> None:
    setup = replace(ONE, prefix_caching=True, prefix_cache_tok=400_000)
    talks = list(conversations(61))

    def ttft_s(routing: str) -> float:
        fleet = fleet_open_loop(FleetSetup(replicas=(setup,) * 4, routing=routing), talks)
        return fleet.whole.ttft.mean_s

    assert ttft_s("prefix_aware") < 0.7 * ttft_s("random")


def test_a_cache_that_is_too_small_helps_less() -> None:
    talks = list(conversations(61))
    ttft_s = [
        open_loop(replace(ONE, prefix_caching=True, prefix_cache_tok=room_tok), talks).ttft.mean_s
        for room_tok in (10e6, 100_000, 0.0)
    ]
    assert ttft_s[0] < ttft_s[1] <= ttft_s[2]


# ---- order in the queue --------------------------------------------------------------------------


def test_a_tenant_that_floods_does_not_starve_another() -> None:
    flood = [Request(0.0, 500, 100, tenant="loud") for _ in range(600)]
    quiet = [Request(0.5 + place, 500, 100, tenant="quiet") for place in range(10)]

    def ttft_s(*, fair: bool) -> dict[str, float]:
        waits: dict[str, list[float]] = {"loud": [], "quiet": []}

        def answered(request: Request, first_s: float, end_s: float) -> None:
            assert first_s < end_s
            waits[request.tenant].append(first_s - request.at_s)

        setup = FleetSetup(replicas=(ONE,), fair=fair)
        fleet_open_loop(setup, sorted([*flood, *quiet]), answered=answered)
        assert [len(found) for found in waits.values()] == [600, 10]
        return {tenant: sum(found) / len(found) for tenant, found in waits.items()}

    plain, fair = ttft_s(fair=False), ttft_s(fair=True)
    assert plain["quiet"] > 5.0
    assert fair["quiet"] < 2.0
    assert fair["loud"] == pytest.approx(plain["loud"], rel=0.05)


# ---- replicas come and go ------------------------------------------------------------------------


def test_what_a_lost_replica_had_is_served_by_the_others() -> None:
    requests = load(1500, 3)
    whole = fleet_open_loop(FleetSetup(replicas=(ONE,) * 3), requests)
    lost = fleet_open_loop(FleetSetup(replicas=(ONE,) * 3, losses=(Loss(8.0, 1, 10.0),)), requests)
    assert lost.whole.completed == 1500
    assert 0 < lost.resent < 200
    assert [ready.replicas for ready in lost.ready][-2:] == [2, 3]
    assert lost.whole.ttft.p99_s > whole.whole.ttft.p99_s
    assert lost.replica_s == pytest.approx(whole.replica_s - 10.0, rel=0.05)
    assert lost.whole.output_tok == sum(request.output_tok for request in requests)


def test_requests_wait_for_a_replica_when_there_is_none() -> None:
    found = fleet_open_loop(
        FleetSetup(replicas=(ONE,), losses=(Loss(3.0, 0, 5.0),)), load(200, 1, 0.5)
    )
    assert found.whole.completed == 200
    assert found.whole.ttft.largest_s > 4.0


def test_notice_of_an_interruption_saves_what_is_being_served() -> None:
    requests = load(3000, 3)
    spot = Spot(per_s=1 / 40, notice_s=30.0, replacement_s=20.0)
    warned = fleet_open_loop(FleetSetup(replicas=(ONE,) * 3, spot=spot), requests)
    sudden = fleet_open_loop(
        FleetSetup(replicas=(ONE,) * 3, spot=spot._replace(notice_s=0.0)), requests
    )
    assert warned.whole.completed == sudden.whole.completed == 3000
    assert len(warned.ready) > 5
    assert warned.resent == 0
    assert sudden.resent > 20


SCALED = FleetSetup(
    replicas=(ONE,),
    autoscaler=Autoscaler(
        target=32.0, least=1, most=8, interval_s=2.0, stabilisation_s=20.0, cold_start_s=5.0
    ),
)


def test_an_autoscaler_follows_the_load_up_and_down() -> None:
    busy = load(2000, 4, 0.6)
    calm = [Request(busy[-1].at_s + 1.0 + 2.0 * place, 500, 100) for place in range(60)]
    found = fleet_open_loop(SCALED, [*busy, *calm])
    assert found.whole.completed == 2060
    most = max(ready.replicas for ready in found.ready)
    assert 3 <= most <= 8
    assert found.ready[0].replicas == 1
    assert found.ready[-1].replicas == 1
    assert found.replica_s < most * found.whole.makespan_s


def test_a_slower_cold_start_makes_a_spike_worse() -> None:
    spike = load(1500, 4, 0.6)
    p95_s = [
        fleet_open_loop(
            replace(SCALED, autoscaler=replace(SCALED.autoscaler, cold_start_s=cold_s)), spike
        ).whole.ttft.p95_s
        for cold_s in (0.0, 5.0, 15.0)
    ]
    assert p95_s[0] < p95_s[1] < p95_s[2]


@pytest.mark.parametrize("signal", ["outstanding", "waiting", "utilisation"])
def test_a_scaler_stays_within_its_bounds(signal: str) -> None:
    target = {"outstanding": 10.0, "waiting": 2.0, "utilisation": 0.3}[signal]
    scaler = replace(SCALED.autoscaler, signal=signal, target=target, least=2, most=3)
    found = fleet_open_loop(replace(SCALED, autoscaler=scaler), load(900, 3))
    assert max(ready.replicas for ready in found.ready) == 3
    assert found.whole.completed == 900


# ---- prefill apart from decode -------------------------------------------------------------------

APART = FleetSetup(
    replicas=(ONE,) * 2, decode=(ONE,) * 2, transfer=Transfer(160e3, 25e9, latency_s=1e-3)
)


def test_decoding_alone_is_not_disturbed_by_prompts() -> None:
    """Every gap but the first is a step without prompts: shorter, and hardly any spread."""
    requests = [request._replace(prompt_tok=4 * request.prompt_tok) for request in load(800, 1.5)]
    together = fleet_open_loop(FleetSetup(replicas=(ONE,) * 4), requests)
    apart = fleet_open_loop(APART, requests)
    assert apart.whole.completed == together.whole.completed == 800
    assert apart.whole.output_tok == together.whole.output_tok
    assert apart.whole.itl.p99_s < 0.6 * together.whole.itl.p99_s
    assert apart.whole.ttft.count == 800


def test_a_slow_link_delays_the_second_token_and_not_the_first() -> None:
    requests = load(400, 1)
    quick = fleet_open_loop(APART, requests)
    slow = fleet_open_loop(replace(APART, transfer=Transfer(160e3, 1e9, latency_s=1e-3)), requests)
    assert slow.whole.ttft == quick.whole.ttft
    assert slow.whole.tpot.mean_s > quick.whole.tpot.mean_s
    later_s = slow.whole.e2e.mean_s - quick.whole.e2e.mean_s
    carried_s = sum(request.prompt_tok for request in requests) / 400 * 160e3 * (1e-9 - 1 / 25e9)
    assert carried_s < later_s < 4 * carried_s


def test_answers_of_one_token_never_leave_the_prefill_replica() -> None:
    found = fleet_open_loop(APART, [Request(place * 0.1, 300, 1) for place in range(50)])
    assert found.whole.completed == 50
    assert found.whole.e2e.mean_s == found.whole.ttft.mean_s
    assert [outcome.runs for outcome in found.replicas[2:]] == [0, 0]


def test_a_lost_decode_replica_loses_nothing() -> None:
    found = fleet_open_loop(replace(APART, losses=(Loss(5.0, 2, 4.0),)), load(500, 1.5))
    assert found.whole.completed == 500
    assert found.resent > 0


def test_what_no_decode_replica_holds_is_turned_away() -> None:
    small = replace(ONE, kv_cache_tok=1000)
    setup = replace(APART, decode=(small,))
    found = fleet_open_loop(setup, [Request(0.0, 900, 200), Request(0.1, 500, 200)])
    assert (found.whole.completed, found.whole.rejected) == (1, 1)
