"""Ready: core services are healthy, and a master for the label `default`, which the system realms use, is registered."""

import probe


def main():
    probe.require_health(9080)
    if not probe.passing("sync", tag=["role=master", "label=default"]):
        probe.not_ready("No sync master for the label default is registered in Consul yet")


main()
