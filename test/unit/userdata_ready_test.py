"""The readiness checks without a host: run by userdata.boot.test.ts."""

import json
import os
import pathlib
import runpy
import sys
import unittest
from unittest import mock

CHECKS = pathlib.Path(__file__).resolve().parents[2] / "userdata" / "files" / "ready"
sys.dont_write_bytecode = True
sys.path.insert(0, str(CHECKS))
import probe  # noqa: E402


class Readiness(unittest.TestCase):
    """Each check, on answers of Consul and of the Realm server; `None` is no answer."""

    ADDRESS = "10.20.0.11"

    def reason(self, check, consul=None, health=200):
        """Why the check is not ready, or None when it is."""
        said = []

        def get(url, method="GET"):
            if url.startswith("http://127.0.0.1:8500/v1/"):
                if consul is None:
                    raise ConnectionRefusedError("refused")
                path = url[len("http://127.0.0.1:8500/v1/") :].rstrip("?")
                return 200, json.dumps(consul[path]).encode()
            self.assertIn("/health?thisInstance=true", url)
            if health is None:
                raise ConnectionRefusedError("refused")
            return health, b""

        environment = mock.patch.dict(os.environ, HOST_ADDRESS=self.ADDRESS, HOST_NAME="consul-01")
        with mock.patch.object(probe, "_ask", get), mock.patch("builtins.print", said.append), environment:
            try:
                runpy.run_path(str(CHECKS / (check + ".py")))
            except SystemExit as ended:
                self.assertEqual(ended.code, 1)
        return said[0] if said else None

    def test_every_check_waits_for_the_agent(self):
        for path in CHECKS.glob("*.py"):
            if path.stem != "probe":
                self.assertEqual(self.reason(path.stem), "Consul's agent does not answer: refused")

    def test_consul_server(self):
        def server(**changes):
            entry = {"Address": self.ADDRESS + ":8300", "Healthy": True, "Voter": True, "SerfStatus": "alive"}
            return {"status/leader": "10.20.0.12:8300", "operator/autopilot/health": {"Servers": [dict(entry, **changes)]}}

        self.assertIsNone(self.reason("consul-server", server()))
        self.assertIn("does not know this server", self.reason("consul-server", server(Address="10.20.0.12:8300")))
        self.assertIn("healthy voter", self.reason("consul-server", server(Healthy=False)))
        self.assertIn("healthy voter", self.reason("consul-server", server(Voter=False)))
        members = [
            {"Name": "consul-02", "Status": 1, "Tags": {"role": "consul"}},
            {"Name": "consul-03", "Status": 4, "Tags": {"role": "consul"}},
            {"Name": "core-services-01", "Status": 1, "Tags": {"role": "node"}},
        ]
        alone = {"status/leader": "", "agent/members": members}
        self.assertEqual(self.reason("consul-server", alone), "Consul has no leader yet; servers seen alive: consul-02")

    def test_consul_agent(self):
        def answers(status, leader="10.20.0.12:8300"):
            return {"status/leader": leader, "health/node/consul-01": [{"CheckID": "serfHealth", "Status": status}]}

        self.assertIsNone(self.reason("consul-agent", answers("passing")))
        self.assertIn("do not see this host", self.reason("consul-agent", answers("critical")))
        self.assertIn("no leader", self.reason("consul-agent", answers("passing", leader="")))

    def test_sync_worker(self):
        def registered(*addresses):
            return {"health/service/sync?passing=1": [{"Service": {"Address": address}} for address in addresses]}

        self.assertIsNone(self.reason("sync-worker", registered("10.20.0.12", self.ADDRESS)))
        self.assertIn("not registered", self.reason("sync-worker", registered("10.20.0.12")))
        self.assertIn("HTTP 503", self.reason("sync-worker", registered(self.ADDRESS), health=503))
        self.assertIn("does not answer", self.reason("sync-worker", registered(self.ADDRESS), health=None))

    def test_core_services(self):
        masters = "health/service/sync?passing=1&tag=role%3Dmaster&tag=label%3Ddefault"
        self.assertIsNone(self.reason("core-services", {masters: [{"Service": {}}]}))
        self.assertIn("No sync master", self.reason("core-services", {masters: []}))
        self.assertIn("HTTP 503", self.reason("core-services", {masters: [{"Service": {}}]}, health=503))

    def test_realm_directory(self):
        def registered(count):
            return {"health/service/realms?passing=1": [{"Service": {}}] * count}

        self.assertIsNone(self.reason("realm-directory", registered(1)))
        for count in (0, 2):
            self.assertIn("%d realm directories" % count, self.reason("realm-directory", registered(count)))


if __name__ == "__main__":
    unittest.main()
