"""Tests of gates/host/consul-server. unittest: run by hostScripts.test.ts."""

import io
import json
import os
import pathlib
import sys
import tempfile
import types
import unittest
import urllib.error
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
import programs  # noqa: E402


class Consul:
    """An agent's API. LAZY: the leader does not remove who has left by itself; FAILURES: how many requests are not answered."""

    def __init__(self, names, lazy=False, failures=0):
        self.members = list(names)
        self.peers = list(names)
        self.lazy = lazy
        self.failures = failures
        self.changes = []

    def open(self, request, timeout):
        del timeout
        path = request.full_url.split("/v1/")[1]
        if self.failures:
            self.failures -= 1
            raise urllib.error.HTTPError(request.full_url, 500, "", {}, io.BytesIO(b"No cluster leader"))
        if request.method != "GET":
            self.changes.append("%s %s" % (request.method, path))
            if path.startswith("agent/force-leave/"):
                name = path.split("/")[2].split("?")[0]
                self.members.remove(name)
                self.peers = self.peers if self.lazy else [peer for peer in self.peers if peer != name]
            if path.startswith("operator/raft/peer?id=id-"):
                self.peers.remove(path[len("operator/raft/peer?id=id-") :])
            return io.BytesIO(b"")
        servers = [{"Node": name, "ID": "id-" + name, "Voter": name != "new"} for name in self.peers]
        if path == "operator/autopilot/health":
            body = json.dumps({"Servers": [{"ID": "id-" + name, "Healthy": name != "dead"} for name in self.peers]})
            raise urllib.error.HTTPError(request.full_url, 429, "", {}, io.BytesIO(body.encode()))
        answers = {
            "status/leader": "10.0.0.1:8300" if self.peers else "",
            "operator/raft/configuration": {"Servers": servers},
            "agent/members": [{"Name": name} for name in self.members],
        }
        return io.BytesIO(json.dumps(answers[path]).encode())


class ConsulServer(unittest.TestCase):
    def run_script(self, consul, *args):
        script = programs.load(ROOT / "gates" / "host" / "consul-server")
        script._direct = consul
        script.headers = dict
        script.PATIENCE_SECONDS = 0.01
        with mock.patch.object(sys, "argv", ["consul-server", *args]), mock.patch("builtins.print") as said:
            script.main()
        return [call.args[0] for call in said.call_args_list]

    def test_list_tells_who_is_a_healthy_voter_though_autopilot_is_not_content(self):
        [answer] = self.run_script(Consul(["a", "new", "dead"]), "list")
        healthy = {server["name"]: server["healthy"] for server in json.loads(answer)["servers"]}
        self.assertEqual(healthy, {"a": True, "new": False, "dead": False})

    def test_list_tells_that_there_is_no_leader(self):
        self.assertEqual(self.run_script(Consul([]), "list"), ['{"leader": null}'])

    def test_list_fails_with_what_consul_says(self):
        with self.assertRaisesRegex(SystemExit, "Consul answers 500 to status/leader: No cluster leader"):
            self.run_script(Consul(["a"], failures=1), "list")

    def test_forget_leaves_the_removal_to_the_leader(self):
        consul = Consul(["a", "b"])
        self.run_script(consul, "forget", "b", "id-b")
        self.assertEqual(consul.changes, ["PUT agent/force-leave/b?prune"])
        self.run_script(consul, "forget", "b", "id-b")
        self.assertEqual(len(consul.changes), 1)

    def test_forget_removes_a_peer_that_the_leader_does_not(self):
        consul = Consul(["a", "b"], lazy=True)
        self.run_script(consul, "forget", "b", "id-b")
        self.assertEqual(consul.changes[-1], "DELETE operator/raft/peer?id=id-b")

    def test_forget_bridges_the_time_between_two_leaders(self):
        script = programs.load(ROOT / "gates" / "host" / "consul-server")
        script._direct = consul = Consul(["a", "b"], failures=3)
        script.headers = dict
        with mock.patch("time.sleep"):
            script.forget("b", "id-b")
        self.assertEqual(consul.peers, ["a"])


class Leaving(unittest.TestCase):
    def setUp(self):
        self.script = programs.load(ROOT / "gates" / "host" / "consul-server")
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.script.HAS_LEFT = os.path.join(directory.name, "consul.service.d", "has-left.conf")
        self.calls = []
        self.failing = []
        patch = mock.patch("subprocess.run", self.run_command)
        patch.start()
        self.addCleanup(patch.stop)

    def run_command(self, command, **options):
        del options
        name = " ".join(command).replace("/usr/local/bin/", "")
        self.calls.append(name)
        return types.SimpleNamespace(returncode=int(name in self.failing), stdout=b"No cluster leader")

    def test_leave_has_nothing_start_the_server_again(self):
        self.script.leave()
        self.assertTrue(os.path.exists(self.script.HAS_LEFT))
        left = ["systemctl daemon-reload", "systemctl is-active --quiet consul.service", "consul leave", "systemctl stop consul.service"]
        self.assertEqual(self.calls, left)

    def test_leave_does_nothing_more_where_the_server_is_stopped(self):
        self.failing = ["systemctl is-active --quiet consul.service"]
        self.script.leave()
        self.assertNotIn("consul leave", self.calls)

    def test_a_server_that_cannot_leave_goes_on(self):
        self.failing = ["consul leave"]
        with self.assertRaisesRegex(SystemExit, "consul leave: No cluster leader"):
            self.script.leave()
        self.assertFalse(os.path.exists(self.script.HAS_LEFT))
        self.assertEqual(self.calls[-1], "systemctl start consul.service")

    def test_return_undoes_it_once(self):
        self.script.leave()
        self.script.come_back()
        self.assertEqual(self.calls[-1], "systemctl start consul.service")
        done = len(self.calls)
        self.script.come_back()
        self.assertEqual(len(self.calls), done)


if __name__ == "__main__":
    unittest.main()
