"""Tests of gates/host/gossip-key. unittest: run by takeUp.test.ts."""

import io
import json
import pathlib
import sys
import unittest
import urllib.error
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
import programs  # noqa: E402
sys.path.insert(0, str(ROOT / "userdata" / "files" / "boot"))
import ssm  # noqa: E402


class Agents:
    """Consul's keyrings, one for each agent: the first key is what it encrypts with. FAILURES: how many requests are not answered."""

    def __init__(self, rings, failures=0):
        self.rings = rings
        self.failures = failures

    def open(self, request, timeout):
        del timeout
        if self.failures:
            self.failures -= 1
            raise urllib.error.HTTPError(request.full_url, 500, "", {}, io.BytesIO(b"2/3 nodes reported success"))
        key = json.loads(request.data)["Key"] if request.data else None
        for ring in self.rings:
            if request.method == "POST" and key not in ring:
                ring.append(key)
            if request.method == "PUT":
                ring.insert(0, ring.pop(ring.index(key)))
            if request.method == "DELETE" and key in ring:
                assert ring[0] != key
                ring.remove(key)
        keys = {key: sum(key in ring for ring in self.rings) for ring in self.rings for key in ring}
        primary = {key: sum(key == ring[0] for ring in self.rings) for key in [ring[0] for ring in self.rings]}
        return io.BytesIO(json.dumps([{"NumNodes": len(self.rings), "Keys": keys, "PrimaryKeys": primary}]).encode())


class GossipKey(unittest.TestCase):
    def run_script(self, task, agents, key="new"):
        script = programs.load(ROOT / "gates" / "host" / "gossip-key")
        script._direct = agents
        script.headers = dict
        answer = mock.patch.object(ssm, "get_secrets", return_value={"gossip-key": key})
        argv = mock.patch.object(sys, "argv", ["gossip-key", task, "/s"])
        with answer as asked, argv, mock.patch("builtins.print") as said, mock.patch("time.sleep"):
            script.main()
        asked.assert_called_once_with("/s", ["gossip-key"])
        return [call.args[0] for call in said.call_args_list]

    def test_use_is_understood_beside_the_old_one(self):
        agents = Agents([["old"], ["old"]])
        self.run_script("use", agents)
        self.assertEqual(agents.rings, [["new", "old"], ["new", "old"]])

    def test_use_goes_on_where_it_was_interrupted(self):
        agents = Agents([["new", "old"], ["old", "new"], ["old"]])
        self.run_script("use", agents)
        self.assertEqual(agents.rings, [["new", "old"]] * 3)

    def test_settle_forgets_every_other_key(self):
        agents = Agents([["new", "old"], ["new", "old", "older"], ["new"]])
        self.assertEqual(self.run_script("settle", agents), ["3 agents of Consul have the new key, and no other"])
        self.assertEqual(agents.rings, [["new"]] * 3)
        self.assertEqual(len(self.run_script("settle", agents)), 1)

    def test_settle_finds_an_agent_without_the_new_key(self):
        with self.assertRaisesRegex(SystemExit, "Of 2 agents of Consul 1 have the new key"):
            self.run_script("settle", HalfSettled())

    def test_a_late_answer_is_asked_for_again(self):
        agents = Agents([["old"]], failures=4)
        self.run_script("use", agents)
        self.assertEqual(agents.rings, [["new", "old"]])

    def test_what_consul_goes_on_refusing_is_the_reason(self):
        with self.assertRaisesRegex(SystemExit, r"could not be changed \(POST\): 2/3 nodes reported success"):
            self.run_script("use", Agents([["old"]], failures=5))


class HalfSettled:
    """Agents one of which does not forget the old key."""

    def open(self, request, timeout):
        del request, timeout
        return io.BytesIO(b'[{"NumNodes": 2, "Keys": {"old": 1, "new": 1}, "PrimaryKeys": {"old": 1, "new": 1}}]')


if __name__ == "__main__":
    unittest.main()
