"""What hosts tell CloudWatch, without a host: run by hostScripts.test.ts."""

import io
import json
import os
import pathlib
import sys
import tempfile
import unittest
import urllib.error
from unittest import mock

FILES = pathlib.Path(__file__).resolve().parents[2] / "userdata" / "files"
sys.dont_write_bytecode = True
import programs  # noqa: E402
sys.path[:0] = [str(FILES / "boot"), str(FILES / "ready")]
import imds  # noqa: E402
import probe  # noqa: E402


watch = programs.load(FILES / "watch" / "watch")


class Watched(unittest.TestCase):
    """A host, and a CloudWatch that keeps the calls it gets. `answers` are those to come: None agrees, a pair of status and code refuses."""

    UNITS = "consul.service core-services.service watch.timer"

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = pathlib.Path(directory.name)
        self.calls = []
        self.answers = []
        variables = {"HOST_NAME": "a", "UNITS": self.UNITS, "CHECKS": "consul-agent:consul.service core-services:core-services.service"}
        variables.update(METRICS="realm-cluster/dev", LOG_GROUP="/realm-cluster/dev")
        credentials = {"AccessKeyId": "id", "SecretAccessKey": "key", "Token": "token"}
        for patch in (
            mock.patch.dict(os.environ, variables),
            mock.patch.object(watch, "FAILED", self.home / "failed"),
            mock.patch.object(watch, "CURSOR", self.home / "cursor"),
            mock.patch.object(imds, "region", return_value="eu-west-1"),
            mock.patch.object(imds, "domain", return_value="amazonaws.com"),
            mock.patch.object(imds, "credentials", return_value=credentials),
            mock.patch.object(watch.urllib.request, "urlopen", self.answer),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def answer(self, request, timeout):
        if isinstance(request, str):
            return io.BytesIO(b"")
        self.calls.append((request.full_url, request.get_header("X-amz-target"), json.loads(request.data)))
        refusal = self.answers.pop(0) if self.answers else None
        if refusal:
            status, code = refusal
            text = io.BytesIO(json.dumps({"__type": "com.amazonaws#" + code, "message": "no"}).encode())
            raise urllib.error.HTTPError(request.full_url, status, "", {}, text)
        return io.BytesIO(b"{}")


class Metrics(Watched):
    CONSUL = {
        "status/leader": "10.0.0.1:8300",
        "operator/autopilot/health": {"Servers": [{"Healthy": True, "Voter": True}, {"Healthy": False, "Voter": True}]},
        "health/service/realms": ["realms"],
        "health/service/sync": ["role=master label=default", "role=slave label=default"],
        "health/service/sync-worker": ["label=default", "label=default", "label=default critical", "label=archive critical"],
    }

    def consul(self, path, passing=None, tag=None):
        if self.silent:
            probe.not_ready("Consul's agent does not answer")
        answer = self.CONSUL[path]
        if not isinstance(answer, list):
            return answer
        wanted = [tags.split() for tags in answer if not (passing and "critical" in tags)]
        return [{"Service": {"Tags": tags}} for tags in wanted if tag is None or tag in tags]

    def figures(self, silent=False):
        self.silent = silent
        with mock.patch.object(probe, "consul", self.consul), mock.patch("builtins.print"):
            found = list(watch.metrics())
        return {" ".join([name, *("%s=%s" % pair for pair in dimensions.items())]): float(value) for name, value, dimensions in found}

    def test_the_host_and_what_its_agent_sees(self):
        with mock.patch.object(watch, "region_is_healthy", return_value=True):
            figures = self.figures()
        self.assertTrue(0 < figures.pop("DiskUsed Host=a") < 100)
        self.assertEqual(
            figures,
            {
                "BootFailed Host=a": 0,
                "RegionHealthy": 1,
                "ConsulLeader": 1,
                "RealmDirectories": 1,
                "Masters Group=default": 1,
                "Workers Group=default": 2,
                "Masters Group=archive": 0,
                "Workers Group=archive": 0,
            },
        )

    def test_a_host_with_a_consul_server_tells_of_the_peers(self):
        with mock.patch.dict(os.environ, UNITS="consul.service", CHECKS="consul-server:consul.service"):
            self.assertEqual(self.figures()["ConsulVoters"], 1)

    def test_without_consul_only_that(self):
        (self.home / "failed").touch()
        with mock.patch.dict(os.environ, UNITS="consul.service"):
            figures = self.figures(silent=True)
        del figures["DiskUsed Host=a"]
        self.assertEqual(figures, {"BootFailed Host=a": 1, "ConsulLeader": 0})

    def test_are_put_at_once(self):
        with mock.patch.object(watch, "metrics", return_value=[("BootFailed", False, {"Host": "a"}), ("ConsulLeader", True, {})]):
            watch.put_metrics()
        [(url, target, payload)] = self.calls
        self.assertEqual(url, "https://monitoring.eu-west-1.amazonaws.com/")
        self.assertEqual(target, "GraniteServiceVersion20100801.PutMetricData")
        data = [
            {"MetricName": "BootFailed", "Value": 0.0, "Dimensions": [{"Name": "Host", "Value": "a"}]},
            {"MetricName": "ConsulLeader", "Value": 1.0, "Dimensions": []},
        ]
        self.assertEqual(payload, {"Namespace": "realm-cluster/dev", "MetricData": data})


class Logs(Watched):
    def journal(self, *entries):
        """A journalctl that prints what is after the cursor that it is given; an entry is (milliseconds, unit, message)."""
        lines = [
            {"__CURSOR": "c%d" % index, "__REALTIME_TIMESTAMP": str(time * 1000), "_SYSTEMD_UNIT": unit, "MESSAGE": message}
            for index, (time, unit, message) in enumerate(entries)
        ]
        (self.home / "journal").write_text("".join(json.dumps(line) + "\n" for line in lines))
        program = self.home / "journalctl"
        program.write_text(
            "#!/bin/bash\nfrom=0\nfor argument; do [[ $argument == --after-cursor=c* ]] && from=${argument#*=c} && ((from++)); done\n"
            'echo "$*" >>"$0.arguments"\ntail -n "+$((from + 1))" "${0%ctl}"\n'
        )
        program.chmod(0o755)
        path = mock.patch.dict(os.environ, PATH="%s:%s" % (self.home, os.environ["PATH"]))
        path.start()
        self.addCleanup(path.stop)

    def shipped(self):
        return [[(event["timestamp"], json.loads(event["message"])["message"]) for event in call[2]["logEvents"]] for call in self.calls if "logEvents" in call[2]]

    def test_of_the_units_are_shipped_once(self):
        self.journal((1, "consul.service", "one"), (2, "core-services.service", [104, 233, 108]))
        watch.ship_logs()
        watch.ship_logs()
        [(url, target, payload)] = self.calls
        self.assertEqual((url, target), ("https://logs.eu-west-1.amazonaws.com/", "Logs_20140328.PutLogEvents"))
        self.assertEqual((payload["logGroupName"], payload["logStreamName"]), ("/realm-cluster/dev", "a"))
        messages = [json.loads(event["message"]) for event in payload["logEvents"]]
        self.assertEqual(messages, [{"unit": "consul.service", "message": "one"}, {"unit": "core-services.service", "message": "h\ufffdl"}])
        asked = (self.home / "journalctl.arguments").read_text()
        for unit in self.UNITS.split() + ["realm-cluster-boot.service"]:
            self.assertIn("--unit=" + unit, asked)

    def test_go_in_batches_that_the_service_takes(self):
        day = 24 * 3600 * 1000
        self.journal((day, "u", "b"), (1, "u", "a day before, by a clock that was set"), (2, "u", "c"), (3, "u", "x" * 500), (4, "u", "y" * 500))
        with mock.patch.object(watch, "BATCH_BYTES", 800):
            watch.ship_logs()
        self.assertEqual([[time for time, _ in batch] for batch in self.shipped()], [[day], [1, 2, 3], [4]])
        self.calls.clear()
        watch.CURSOR.unlink()
        self.journal(*[(5 - index, "u", "n") for index in range(5)])
        with mock.patch.object(watch, "BATCH_EVENTS", 2):
            watch.ship_logs()
        self.assertEqual([[time for time, _ in batch] for batch in self.shipped()], [[4, 5], [2, 3], [1]])

    def test_that_are_refused_are_sent_again(self):
        self.journal((1, "u", "one"))
        self.answers = [(400, "ThrottlingException")]
        with self.assertRaisesRegex(watch.Refused, "PutLogEvents failed: HTTP 400 ThrottlingException: no"):
            watch.ship_logs()
        watch.ship_logs()
        self.assertEqual(self.shipped(), [[(1, "one")]] * 2)

    def test_are_not_sent_where_that_cannot_be_noted(self):
        self.journal((1, "u", "one"))
        (self.home / "cursor.new").mkdir()
        with self.assertRaises(OSError):
            watch.ship_logs()
        self.assertEqual(self.calls, [])

    def test_that_cannot_be_read_are_a_failure(self):
        self.journal((1, "u", "one"))
        (self.home / "journalctl").write_text("#!/bin/bash\nexit 3\n")
        with self.assertRaisesRegex(OSError, "journalctl ended with status 3"):
            watch.ship_logs()

    def test_make_their_stream(self):
        self.journal((1, "u", "one"))
        self.answers = [(400, "ResourceNotFoundException")]
        watch.ship_logs()
        self.assertEqual([call[1].split(".")[1] for call in self.calls], ["PutLogEvents", "CreateLogStream", "PutLogEvents"])


class Failures(Watched):
    def test_of_metrics_keep_no_logs_back(self):
        with mock.patch.object(watch, "put_metrics", side_effect=imds.MetadataError("No metadata.")), mock.patch.object(watch, "ship_logs") as ship:
            with self.assertRaisesRegex(SystemExit, "No metadata."):
                watch.main()
        ship.assert_called_once()


if __name__ == "__main__":
    unittest.main()
