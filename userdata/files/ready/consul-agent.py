"""Ready: the agent has joined, its servers have a leader, and the cluster sees this host alive."""

import os

import probe


def main():
    if not probe.consul("status/leader"):
        probe.not_ready("Consul has no leader yet")
    checks = probe.consul("health/node/%s" % os.environ["HOST_NAME"])
    if not any(check["CheckID"] == "serfHealth" and check["Status"] == "passing" for check in checks):
        probe.not_ready("Consul's servers do not see this host alive yet")


main()
