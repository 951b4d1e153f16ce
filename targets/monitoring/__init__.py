"""What to watch of a service, as plain data: recording rules, alerts, their tests, dashboards."""
