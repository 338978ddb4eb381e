"""Ready: the worker is healthy, and is registered as `sync` with passing checks."""

import probe


def main():
    probe.require_health(9080)
    if not any(service["Address"] == probe.own_address() for service in probe.passing("sync")):
        probe.not_ready("The worker is not registered in Consul as sync with passing checks yet")


main()
