"""Prints what the Consul agent of this host says of the cluster, as one JSON object: what gates/consul.ts reads."""

import json
import sys
import urllib.error
import urllib.request

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(path):
    try:
        with direct.open("http://127.0.0.1:8500/v1/" + path, timeout=5) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        # Without a leader Consul answers 500, autopilot 429 while a server is not healthy: with the same body.
        body = error.read()
        return json.loads(body) if error.code == 429 else None


def instances(service):
    """Every registration, with the labels that tell a sync master: [node, tags, passing]."""
    found = ask("health/service/%s" % service) or []
    return [
        {
            "host": entry["Node"]["Node"],
            "tags": entry["Service"]["Tags"] or [],
            "passing": all(check["Status"] == "passing" for check in entry["Checks"]),
        }
        for entry in found
    ]


leader = ask("status/leader")
if not leader:
    print(json.dumps({"leader": None}))
    sys.exit()
health = ask("operator/autopilot/health") or {"Servers": []}
servers = [
    {"name": server["Name"], "healthy": server["Healthy"], "voter": server["Voter"]}
    for server in health["Servers"] or []
]
print(json.dumps({"leader": leader, "servers": servers, "sync": instances("sync"), "core": instances("auth")}))
