"""Ready: exactly one realm directory is registered in the cluster, on whichever host. This one may be waiting for the lock."""

import probe


def main():
    found = len(probe.passing("realms"))
    if found != 1:
        probe.not_ready("%d realm directories are registered in Consul with passing checks, not one" % found)


main()
