"""Tests of userdata/files/boot/consul-acl. unittest: run by hostScripts.test.ts."""

import io
import json
import os
import pathlib
import sys
import tempfile
import unittest
import urllib.error
import uuid
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
import programs  # noqa: E402

MANAGEMENT = str(uuid.uuid4())
SECRET = str(uuid.uuid4())
RULES = {"node_prefix": {"": "read"}}


class Consul:
    """Its access control: policies by name, tokens by accessor. FOUNDED: whether it knows the management token."""

    def __init__(self, founded=True):
        self.founded = founded
        self.policies = {}
        self.tokens = {}
        self.changes = []

    def open(self, request, timeout):
        del timeout
        path = request.full_url.split("/v1/acl/")[1]
        if request.get_header("X-consul-token") != MANAGEMENT or not self.founded:
            raise urllib.error.HTTPError(request.full_url, 403, "", {}, io.BytesIO(b"ACL not found"))
        if request.method == "GET":
            return self.tell(request.full_url, path)
        body = json.loads(request.data)
        self.changes.append("%s %s" % (request.method, path))
        if path.startswith("policy"):
            assert path == "policy" or path == "policy/" + self.policies[body["Name"]]["ID"]
            self.policies[body["Name"]] = dict(body, ID="id-of-" + body["Name"])
        else:
            assert all(policy["Name"] in self.policies for policy in body["Policies"])
            self.tokens[body["AccessorID"]] = body
        return io.BytesIO(b"{}")

    def tell(self, url, path):
        kind, *_, name = path.split("/")
        found = {"AccessorID": "self"} if path == "token/self" else (self.policies if kind == "policy" else self.tokens).get(name)
        if found is None and kind == "token":
            raise urllib.error.HTTPError(url, 403, "", {}, io.BytesIO(b"token does not exist: ACL not found"))
        if found is None:
            raise urllib.error.HTTPError(url, 404, "", {}, io.BytesIO(b"Requested policy does not exist"))
        return io.BytesIO(json.dumps(found).encode())


class ConsulAcl(unittest.TestCase):
    def run_script(self, consul, roles, secret=SECRET):
        with tempfile.TemporaryDirectory() as directory:
            for name, value in {"consul-management": MANAGEMENT, "consul-token-sync": secret}.items():
                pathlib.Path(directory, name).write_text(value)
            script = programs.load(ROOT / "userdata" / "files" / "boot" / "consul-acl")
            script._direct = consul
            script.ROLES = pathlib.Path(directory, "roles.json")
            script.ROLES.write_text(json.dumps(roles))
            with mock.patch.dict(os.environ, CREDENTIALS_DIRECTORY=directory), mock.patch("builtins.print"):
                script.main()

    def test_gives_each_role_its_policy_and_its_token(self):
        consul = Consul()
        self.run_script(consul, {"sync": RULES})
        self.assertEqual(json.loads(consul.policies["sync"]["Rules"]), RULES)
        ((accessor, token),) = consul.tokens.items()
        self.assertEqual((token["SecretID"], token["Policies"]), (SECRET, [{"Name": "sync"}]))
        self.assertNotIn(accessor, (SECRET, MANAGEMENT))

    def test_leaves_alone_what_is_as_it_should_be(self):
        consul = Consul()
        self.run_script(consul, {"sync": RULES})
        consul.changes.clear()
        self.run_script(consul, {"sync": RULES})
        self.assertEqual(consul.changes, [])

    def test_changes_a_policy_in_place(self):
        consul = Consul()
        self.run_script(consul, {"sync": RULES})
        consul.changes.clear()
        self.run_script(consul, {"sync": {"operator": "read"}})
        self.assertEqual(consul.changes, ["PUT policy/id-of-sync"])
        self.assertEqual(json.loads(consul.policies["sync"]["Rules"]), {"operator": "read"})

    def test_gives_a_new_token_beside_the_old_one(self):
        consul = Consul()
        self.run_script(consul, {"sync": RULES})
        self.run_script(consul, {"sync": RULES}, secret=str(uuid.uuid4()))
        self.assertEqual(len(consul.tokens), 2)

    def test_is_tried_again_until_consul_knows_its_own_token(self):
        consul = Consul(founded=False)
        with self.assertRaisesRegex(SystemExit, "does not know the management token yet"):
            self.run_script(consul, {"sync": RULES})
        self.assertEqual(consul.changes, [])

    def test_tells_what_consul_refuses(self):
        class Leaderless(Consul):
            """One that loses its leader before the first change."""

            def open(self, request, timeout):
                if request.method == "GET":
                    return super().open(request, timeout)
                raise urllib.error.HTTPError(request.full_url, 500, "", {}, io.BytesIO(b"No cluster leader"))

        with self.assertRaisesRegex(SystemExit, "Consul answers 500 to PUT policy: No cluster leader"):
            self.run_script(Leaderless(), {"sync": RULES})


if __name__ == "__main__":
    unittest.main()
