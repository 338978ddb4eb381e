#!/usr/bin/python3
"""Tells what Consul knows of the cluster, as one JSON object: doctor/facts.ts explains it. Asks the host's own server; changes nothing."""

import concurrent.futures
import json
import urllib.error
import urllib.parse
import urllib.request

SERF_STATES = ("none", "alive", "leaving", "left", "failed")
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
with open("/etc/realm-cluster/secrets/consul-token-doctor") as token:
    _direct.addheaders = [("X-Consul-Token", token.read())]


def get(path):
    """Consul's answer to GET /v1/PATH. Autopilot's health has status 429 when it is bad, and is an answer all the same."""
    try:
        with _direct.open("http://127.0.0.1:8500/v1/" + path, timeout=10) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        body = error.read()
        if error.code == 429 and body:
            return json.loads(body)
        raise


def members():
    return [
        {
            "name": member["Name"],
            "address": member["Addr"],
            "status": SERF_STATES[member["Status"]],
            "server": member["Tags"].get("role") == "consul",
            "version": member["Tags"].get("build", "").split(":")[0],
        }
        for member in get("agent/members")
    ]


def peers():
    """The servers that raft counts, with what autopilot thinks of them."""
    health = {server["ID"]: server for server in get("operator/autopilot/health").get("Servers") or []}
    return [
        {
            "name": server["Node"],
            "address": server["Address"],
            "voter": server["Voter"],
            "healthy": health.get(server["ID"], {}).get("Healthy", False),
        }
        for server in get("operator/raft/configuration")["Servers"]
    ]


def service(name):
    return [
        {
            "service": name,
            "host": entry["Node"]["Node"],
            "tags": entry["Service"]["Tags"] or [],
            "failing": [
                (check["Name"] + ": " + (check["Output"].strip().splitlines() or [""])[-1])[:200]
                for check in entry["Checks"]
                if check["Status"] != "passing"
            ],
        }
        for entry in get("health/service/" + urllib.parse.quote(name))
    ]


def main():
    leader = get("status/leader")
    if not leader:
        print(json.dumps({"leader": "", "members": members(), "peers": [], "services": []}))
        return
    names = sorted(get("catalog/services"))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        services = [entry for entries in pool.map(service, names) for entry in entries]
    print(json.dumps({"leader": leader, "members": members(), "peers": peers(), "services": services}))


main()
