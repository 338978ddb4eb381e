"""Ready: there is a leader, and it counts this server as a healthy voter, so that the quorum can do without another one."""

import probe

def main():
    if not probe.consul("status/leader"):
        members = probe.consul("agent/members")
        alive = sorted(member["Name"] for member in members if member["Status"] == 1 and member["Tags"].get("role") == "consul")
        probe.not_ready("Consul has no leader yet; servers seen alive: %s" % (", ".join(alive) or "none"))
    # Null, not an empty list, while the new leader has not looked yet.
    servers = probe.consul("operator/autopilot/health")["Servers"] or []
    own = [server for server in servers if server["Address"].rpartition(":")[0] == probe.own_address()]
    if not own:
        probe.not_ready("Consul's leader does not know this server yet")
    if not (own[0]["Healthy"] and own[0]["Voter"]):
        probe.not_ready("Consul's leader does not count this server as a healthy voter yet (%s)" % own[0]["SerfStatus"])


main()
