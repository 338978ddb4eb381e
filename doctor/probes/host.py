#!/usr/bin/python3
"""Tells what a host of the cluster is, as one JSON object: doctor/facts.ts explains it. Run as root by Systems Manager; changes nothing.

Secrets are told by fingerprint: the first 16 hexadecimal digits of the SHA-256.
"""

import glob
import hashlib
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import time
import urllib.request

HOME = pathlib.Path("/opt/realm-cluster")
SETTINGS = pathlib.Path("/etc/realm-cluster")
DATA = "/var/lib/realm-cluster"
# What nodes must have in common. Other secrets may be guessable, so that not even their fingerprints are told.
KEYS = ("auth-key", "auth-pub", "consul-ca", "gossip-key")
# Where Consul has its secrets: it takes up new ones while it runs, and keeps the credentials that it was started with beside them.
CONSUL = pathlib.Path("/run/consul")
# systemd's message that a unit ended and will be started again by itself.
RESTART_MESSAGE = "5eb03494b6584870a536b337290809b3"
RESTART_WINDOW_SECONDS = 600

sys.path.insert(0, str(HOME))
import ssm  # noqa: E402  pylint: disable=wrong-import-position


def settings():
    """The variables of the host's environment files."""
    found = {}
    for name in ("host.env", "instance.env", "downloads.env", "sync-worker.env"):
        file = SETTINGS / name
        for line in file.read_text().splitlines() if file.exists() else ():
            key, _, value = line.partition("=")
            found[key] = re.sub(r'\\(["\\$`])', r"\1", value[1:-1])
    return found


def run(*command, **options):
    """(exit status, standard output) of a command; no program, or no end in time, is status 127."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=20, check=False, **options)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, str(error)
    return done.returncode, done.stdout.strip()


def fingerprint(data):
    return hashlib.sha256(data).hexdigest()[:16]


def secrets(host):
    """For each secret: whether its file, and what units were started with, is what SSM holds."""
    names, error, stored = host["SECRETS"].split(), None, {}
    try:
        stored = ssm.get_secrets(host["SECRET_PATH"], names, attempts=5)
    except (ssm.SsmError, ssm.SsmUnreachable) as failure:
        error = str(failure)
    return {"error": error, "secrets": [secret(name, stored.get(name), host["UNITS"].split()) for name in names]}


def secret(name, stored, units):
    file = SETTINGS / "secrets" / name
    held = file.read_bytes() if file.exists() else None
    right = held if stored is None else stored.encode()
    # A running Consul takes a new gossip key into its keyring: what it was started with says nothing.
    takers = [] if name == "gossip-key" else units
    loaded = {unit: (CONSUL if unit == "consul.service" else pathlib.Path("/run/credentials", unit)) / name for unit in takers}
    return {
        "name": name,
        "fingerprint": fingerprint(held) if held is not None and name in KEYS else None,
        "current": None if stored is None else held == right,
        "staleUnits": [unit for unit, path in loaded.items() if path.exists() and path.read_bytes() != right],
    }


def unit(name):
    _, shown = run("systemctl", "show", name, "--property=ActiveState,SubState,Result")
    facts = dict(line.partition("=")[::2] for line in shown.splitlines())
    _, lines = run(
        *("journalctl", "--quiet", "--no-pager", "--output=short-unix", "--since=-%ds" % RESTART_WINDOW_SECONDS),
        *("--unit=" + name, "MESSAGE_ID=" + RESTART_MESSAGE)
    )
    starts = [float(line.split()[0]) for line in lines.splitlines() if re.match(r"\d+\.\d+ ", line)]
    return {"name": name, "active": facts.get("ActiveState", ""), "sub": facts.get("SubState", ""), "restarts": starts[-20:]}


def check(pair, host):
    """What the service's own readiness check says, the one that its boot waited for."""
    name, _, service_unit = pair.partition(":")
    status, said = run("/usr/bin/python3", str(HOME / "ready" / (name + ".py")), env=dict(os.environ, **host))
    return {"name": name, "unit": service_unit, "ready": status == 0, "reason": said.splitlines()[-1][:300] if said else ""}


def disk(path):
    stat = os.statvfs(path)
    size = stat.f_blocks * stat.f_frsize
    return {
        "path": path,
        "bytes": size,
        # As df tells it: what is kept for root counts as used.
        "used": 1 - stat.f_bavail / (stat.f_blocks - stat.f_bfree + stat.f_bavail) if size else 0,
        "inodesUsed": 1 - stat.f_favail / stat.f_files if stat.f_files else 0,
    }


def versions():
    found = {}
    status, said = run("/usr/local/bin/consul", "version")
    if status == 0:
        found["Consul"] = said.splitlines()[0].replace("Consul v", "")
    status, said = run("/opt/node/bin/node", "--version")
    if status == 0:
        found["Node"] = said.lstrip("v")
    for manifest in sorted(glob.glob("/opt/realm/node_modules/realm*/package.json")):
        package = json.loads(pathlib.Path(manifest).read_text())
        found[package["name"]] = package["version"]
    return found


def consul_leader():
    """Whom the host's own agent takes for the leader; None without an answer."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open("http://127.0.0.1:8500/v1/status/leader", timeout=5) as answer:
            return json.loads(answer.read())
    except (OSError, ValueError):
        return None


def certificate_ends():
    """When the certificate that the host's own agent shows to others ends; None without one."""
    for certificate in CONSUL.glob("consul-*-cert"):
        status, said = run("openssl", "x509", "-noout", "-enddate", "-in", str(certificate))
        if status == 0:
            return ssl.cert_time_to_seconds(said.partition("=")[2])
    return None


def directory_runs():
    """Whether a Realm directory runs here, whatever Consul knows of it."""
    for file in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            arguments = pathlib.Path(file).read_bytes().split(b"\0")
        except OSError:
            continue
        if b"/opt/realm/realmDirectory.js" in arguments[1:2]:
            return True
    return False


def main():
    host = settings()
    stateful = (HOME / "steps" / "volume").exists()
    print(
        json.dumps(
            {
                "host": host["HOST_NAME"],
                "instanceId": host.get("INSTANCE_ID", ""),
                "bootId": pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
                "time": time.time(),
                "label": host.get("SYNC_LABEL"),
                "stateful": stateful,
                "mounted": os.path.ismount(DATA),
                "disks": [disk(path) for path in ["/"] + ([DATA] if stateful else [])],
                "units": [unit(name) for name in host["UNITS"].split()],
                "checks": [check(pair, host) for pair in host["CHECKS"].split()],
                "versions": versions(),
                "consulLeader": consul_leader(),
                "certificateEnds": certificate_ends(),
                "directoryRuns": directory_runs(),
                **secrets(host)
            }
        )
    )


main()
