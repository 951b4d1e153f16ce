"""The configuration of the proxy and of what watches, as data."""

import json
from collections.abc import Iterator, Mapping

from inferc.targets import to_yaml
from inferc.targets.base import Data
from inferc.targets.monitoring import RULES_END, Watched, dashboard_json, rules
from inferc.targets.on_prem.machines import Machine
from inferc.targets.on_prem.options import Choices
from inferc.targets.on_prem.parts import DCGM_PORT, PROMETHEUS_PORT, ports_of
from inferc.targets.on_prem.refusals import POLICIES

SCRAPE_INTERVAL = "15s"


def configs(
    machine: Machine, choices: Choices, watched: tuple[Watched, ...]
) -> Iterator[tuple[str, str]]:
    """Yield path and text of each file of configuration."""
    yield "caddy.json", json.dumps(proxy(machine, choices), indent=2) + "\n"
    if not choices.monitoring:
        return
    yield "prometheus.yaml", to_yaml.dump(prometheus(machine))
    yield "grafana/datasources.yaml", to_yaml.dump(_datasources())
    yield "grafana/provider.yaml", to_yaml.dump(_provider())
    for one in watched:
        yield f"rules/{one.name}{RULES_END}", to_yaml.dump(rules(one))
        yield f"grafana/dashboards/{one.name}.json", dashboard_json(one)


def proxy(machine: Machine, choices: Choices) -> dict[str, Data]:
    """Return Caddy's configuration: a port for each service, shared by its replicas.

    Source: Caddy's JSON config structure, http.handlers.reverse_proxy.
    """
    servers: dict[str, Data] = {}
    for serving in machine.servings:
        upstreams: list[Data] = [
            {"dial": f"{replica.name}:{serving.engine.port}"} for replica in machine.of(serving)
        ]
        handler: dict[str, Data] = {
            "handler": "reverse_proxy",
            "upstreams": upstreams,
            "load_balancing": {
                "selection_policy": {"policy": POLICIES[serving.plan.configuration.routing]},
                "try_duration": "5s",
                "try_interval": "250ms",
            },
            "health_checks": {
                "active": {
                    "uri": serving.engine.ready_path,
                    "interval": "5s",
                    "timeout": "4s",
                }
            },
            "flush_interval": -1,  # a token is sent on as soon as it is there
        }
        servers[serving.name] = {
            "listen": [f":{ports_of(machine, choices)[serving.name]}"],
            "automatic_https": {"disable": True},
            "routes": [{"handle": [handler]}],
        }
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "apps": {"http": {"servers": servers}},
    }


def prometheus(machine: Machine) -> dict[str, Data]:
    """Return what is scraped, under the labels that the rules select."""

    def job(name: str, targets: Mapping[str, str]) -> dict[str, Data]:
        static: list[Data] = [
            {
                "targets": [address],
                "labels": {"namespace": machine.project, "pod": container},
            }
            for container, address in targets.items()
        ]
        return {"job_name": f"{machine.project}/{name}", "static_configs": static}

    jobs: list[Data] = [
        job(
            serving.name,
            {one.name: f"{one.name}:{serving.engine.port}" for one in machine.of(serving)},
        )
        for serving in machine.servings
    ]
    return {
        "global": {"scrape_interval": SCRAPE_INTERVAL, "evaluation_interval": SCRAPE_INTERVAL},
        "rule_files": [f"/etc/prometheus/rules/*{RULES_END}"],
        "scrape_configs": [*jobs, job("dcgm", {"dcgm": f"dcgm:{DCGM_PORT}"})],
    }


def _datasources() -> dict[str, Data]:
    source: dict[str, Data] = {
        "name": "Prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": f"http://prometheus:{PROMETHEUS_PORT}",
        "isDefault": True,
        "editable": False,
    }
    return {"apiVersion": 1, "datasources": [source]}


def _provider() -> dict[str, Data]:
    provider: dict[str, Data] = {
        "name": "inferc",
        "type": "file",
        "disableDeletion": True,
        "options": {"path": "/var/lib/inferc/dashboards"},
    }
    return {"apiVersion": 1, "providers": [provider]}
