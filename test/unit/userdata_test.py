"""The boot's Python parts without a host: run by userdata.boot.test.ts."""

import datetime
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.error
from unittest import mock

FILES = pathlib.Path(__file__).resolve().parents[2] / "userdata" / "files"
sys.dont_write_bytecode = True
import programs  # noqa: E402
sys.path[:0] = [str(FILES / "boot"), str(FILES / "ready")]
os.environ.update(HOST_NAME="consul-01", BOOT_REPORT="/realm-cluster/dev/boot/consul-01")
import imds  # noqa: E402
import ssm  # noqa: E402


class Signature(unittest.TestCase):
    """The vectors of AWS's published signature version 4 test suite."""

    CREDENTIALS = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
    NOW = datetime.datetime(2015, 8, 30, 12, 36, tzinfo=datetime.timezone.utc)

    def authorization(self, headers=None, body=b"", token=None):
        credentials = dict(self.CREDENTIALS, Token=token)
        host = "example.amazonaws.com"
        return ssm.sign(host, headers or {}, body, credentials, "us-east-1", "service", self.NOW)["authorization"]

    def expect(self, authorization, signed, signature):
        scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
        expected = "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=%s, Signature=%s" % (scope, signed, signature)
        self.assertEqual(authorization, expected)

    def test_post_vanilla(self):
        signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        self.expect(self.authorization(), "host;x-amz-date", signature)

    def test_post_x_www_form_urlencoded(self):
        signature = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        headers = {"content-type": "application/x-www-form-urlencoded"}
        self.expect(self.authorization(headers, b"Param1=value1"), "content-type;host;x-amz-date", signature)

    def test_post_sts_header_before(self):
        signature = "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
        token = (
            "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7"
            "mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d"
            "+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
        )
        self.expect(self.authorization(token=token), "host;x-amz-date;x-amz-security-token", signature)


class Clock(unittest.TestCase):
    """What the metadata service says in passing, and what is signed by it."""

    def ask(self, date):
        response = mock.MagicMock()
        response.__enter__.return_value.read.return_value = b"eu-west-1"
        response.__enter__.return_value.headers = {"Date": date}
        self.addCleanup(setattr, imds, "ahead", 0)
        with mock.patch.object(imds._direct, "open", return_value=response), mock.patch.object(imds.time, "time", return_value=1440938160):
            imds.region()
        return imds.ahead

    def test_every_answer_has_the_time(self):
        self.assertEqual(self.ask("Sun, 30 Aug 2015 10:36:00 GMT"), 7200)
        self.assertEqual(self.ask("Sun, 30 Aug 2015 12:36:05 GMT"), -5)
        self.assertEqual(self.ask(None), -5)

    def test_calls_are_signed_by_it(self):
        opened = mock.MagicMock()
        opened.__enter__.return_value.read.return_value = b"{}"
        facts = {"region": "eu-west-1", "domain": "amazonaws.com", "credentials": Signature.CREDENTIALS}
        patches = [mock.patch.object(imds, name, return_value=value) for name, value in facts.items()]
        patches += [mock.patch.object(imds, "ahead", 7200), mock.patch.object(ssm.time, "time", return_value=1440938160)]
        for patch in patches:
            patch.start()
            self.addCleanup(patch.stop)
        with mock.patch.object(ssm.urllib.request, "urlopen", return_value=opened) as urlopen:
            ssm.put("/boot", "{}")
        self.assertEqual(urlopen.call_args[0][0].get_header("X-amz-date"), "20150830T103600Z")


def refusal(status, body):
    """What the HTTP client raises for an answer of SSM."""
    return urllib.error.HTTPError("https://ssm", status, "", {}, io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode()))


class Answers(unittest.TestCase):
    """What SSM answers, over HTTP, and how often it is asked then."""

    def ask(self, *answers, attempts=3):
        facts = {"region": "eu-west-1", "domain": "amazonaws.com", "credentials": Signature.CREDENTIALS}
        for name, value in facts.items():
            self.enterContext(mock.patch.object(imds, name, return_value=value))
        self.enterContext(mock.patch.object(ssm.time, "sleep"))
        urlopen = self.enterContext(mock.patch.object(ssm.urllib.request, "urlopen", side_effect=answers))
        try:
            return ssm.call("GetParameters", {}, attempts), urlopen.call_count
        except (ssm.SsmError, ssm.SsmUnreachable) as error:
            return "%s: %s" % (type(error).__name__, error), urlopen.call_count

    def test_what_is_busy_or_broken_for_the_moment_is_asked_again(self):
        for status, body in (
            (400, {"__type": "ThrottlingException", "message": "Rate exceeded"}),
            (400, {"__type": "com.amazonaws.ssm#TooManyUpdates", "message": "busy"}),
            (400, {"__type": "RequestLimitExceeded", "message": "Request limit exceeded."}),
            (429, {"__type": "TooManyRequestsException", "message": "slow down"}),
            (429, b""),
            (500, {"__type": "InternalServerError", "message": "an error occurred on the server side"}),
            (503, {"__type": "ServiceUnavailable", "message": "busy"}),
            (503, b"<html>Service Unavailable</html>"),
            # A policy that IAM has not told everywhere yet.
            (400, {"__type": "AccessDeniedException", "Message": "not authorized"}),
        ):
            with self.subTest(status=status, body=body):
                good = io.BytesIO(b'{"Parameters": []}')
                self.assertEqual(self.ask(refusal(status, body), refusal(status, body), good), ({"Parameters": []}, 3))

    def test_what_stays_so_is_told_with_the_call_and_the_answer(self):
        limited = {"__type": "ThrottlingException", "message": "Rate exceeded"}
        told = "SsmUnreachable: SSM GetParameters failed: HTTP 400 ThrottlingException: Rate exceeded"
        self.assertEqual(self.ask(*[refusal(400, limited) for _ in range(3)]), (told, 3))
        told = "SsmUnreachable: SSM GetParameters failed: HTTP 503 Unknown: <html>Service Unavailable</html>"
        self.assertEqual(self.ask(*[refusal(503, b"<html>Service Unavailable</html>") for _ in range(3)]), (told, 3))
        denied = {"__type": "AccessDeniedException", "Message": "no ssm:GetParameters on /s/a"}
        told = "SsmError: SSM GetParameters failed: HTTP 400 AccessDeniedException: no ssm:GetParameters on /s/a"
        self.assertEqual(self.ask(*[refusal(400, denied) for _ in range(3)]), (told, 3))

    def test_what_asking_again_does_not_change_is_asked_once(self):
        for status, code in ((400, "ValidationException"), (400, "ParameterNotFound"), (403, "InvalidSignatureException")):
            answer, times = self.ask(refusal(status, {"__type": code, "message": "no"}))
            self.assertEqual((answer, times), ("SsmError: SSM GetParameters failed: HTTP %d %s: no" % (status, code), 1))


class Retries(unittest.TestCase):
    def call(self, *answers, attempts=8):
        with mock.patch.object(ssm, "_post", side_effect=answers) as post, mock.patch.object(ssm.time, "sleep") as sleep:
            try:
                return ssm.call("PutParameter", {}, attempts), post.call_count, sleep.call_count
            except (ssm.SsmError, ssm.SsmUnreachable) as error:
                return str(error), post.call_count, sleep.call_count

    def test_throttling_and_no_network_pass(self):
        throttled = ssm._refusal("PutParameter", refusal(400, {"__type": "ThrottlingException", "message": "Rate exceeded"}))
        self.assertEqual(self.call(throttled, ssm.SsmUnreachable("no route"), {"Version": 2}), ({"Version": 2}, 3, 2))

    def test_a_refusal_is_final(self):
        refused = ssm.SsmError("PutParameter", 400, "ValidationException", "too long")
        self.assertEqual(self.call(refused), ("SSM PutParameter failed: HTTP 400 ValidationException: too long", 1, 0))

    def test_attempts_are_bounded(self):
        self.assertEqual(self.call(*[ssm.SsmUnreachable("no route")] * 3, attempts=3), ("no route", 3, 2))


class Secrets(unittest.TestCase):
    def test_a_missing_parameter_is_named(self):
        answer = {"Parameters": [{"Name": "/s/a", "Value": "1"}], "InvalidParameters": ["/s/b"]}
        with mock.patch.object(ssm, "call", return_value=answer):
            with self.assertRaisesRegex(ssm.SsmError, "no parameter /s/b"):
                ssm.get_secrets("/s", ["a", "b"])

    def test_are_asked_for_ten_at_a_time(self):
        names = ["secret-%02d" % number for number in range(23)]
        asked = []

        def answer(_action, payload, _attempts):
            asked.append(len(payload["Names"]))
            return {"Parameters": [{"Name": name, "Value": "of " + name} for name in payload["Names"]], "InvalidParameters": []}

        with mock.patch.object(ssm, "call", answer):
            self.assertEqual(ssm.get_secrets("/s", names), {name: "of /s/" + name for name in names})
        self.assertEqual(asked, [10, 10, 3])

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        home = pathlib.Path(self.directory.name)
        self.step = programs.load(FILES / "steps" / "secrets")
        self.step.TARGET = home / "secrets"
        self.step.CHANGED = home / "changed"
        self.files = {"REASON_FILE": home / "reason", "NOTES_FILE": home / "notes"}
        variables = {name: str(path) for name, path in self.files.items()}
        environment = mock.patch.dict(os.environ, SECRETS="a b", SECRET_PATH="/s", **variables)
        environment.start()
        self.addCleanup(environment.stop)
        silence = mock.patch("builtins.print")
        silence.start()
        self.addCleanup(silence.stop)

    def test_of_which_two_are_no_pair_are_refused_before_they_are_stored(self):
        def openssl(*command, text):
            return subprocess.run(["openssl", *command], input=text, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout

        one, other = (openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", text="") for _ in range(2))
        public = openssl("pkey", "-pubout", text=one)
        with mock.patch.dict(os.environ, SECRETS="auth-key auth-pub"):
            self.run_step({"auth-key": one, "auth-pub": "\n" + public})
            for wrong in ({"auth-key": other, "auth-pub": public}, {"auth-key": "no key", "auth-pub": public}):
                with self.assertRaises(SystemExit):
                    self.run_step(wrong)
                self.assertIn("auth-key and auth-pub are no pair", self.files["REASON_FILE"].read_text())
        self.assertEqual((self.step.TARGET / "auth-key").read_text(), one)

    def run_step(self, answer):
        self.step.CHANGED.unlink(missing_ok=True)
        effect = answer if isinstance(answer, Exception) else None
        with mock.patch.object(ssm, "get_secrets", return_value=answer, side_effect=effect):
            self.step.main()

    def test_are_readable_by_root_alone_and_replaced_when_they_change(self):
        self.run_step({"a": "1", "b": "2"})
        self.assertEqual((self.step.TARGET / "a").stat().st_mode & 0o777, 0o400)
        self.assertEqual(self.step.TARGET.stat().st_mode & 0o777, 0o700)
        self.assertEqual(self.step.CHANGED.read_text(), "a\nb\n")
        self.run_step({"a": "1", "b": "2"})
        self.assertFalse(self.step.CHANGED.exists())
        self.run_step({"a": "1", "b": "3"})
        self.assertEqual((self.step.TARGET / "b").read_text(), "3")
        self.assertEqual(self.step.CHANGED.read_text(), "b\n")

    def test_that_changed_are_noted_until_the_units_have_them(self):
        self.run_step({"a": "1", "b": "2"})
        with mock.patch.object(ssm, "get_secrets", return_value={"a": "1", "b": "3"}):
            self.step.main()
        self.assertEqual(self.step.CHANGED.read_text(), "a\nb\nb\n")

    def test_of_the_last_boot_do_while_ssm_cannot_be_reached(self):
        self.run_step({"a": "1", "b": "2"})
        self.run_step(ssm.SsmUnreachable("no route"))
        self.assertEqual(self.files["NOTES_FILE"].read_text(), "The secrets of the last boot are used: no route\n")

    def test_are_a_failure_on_a_first_boot_without_ssm(self):
        with self.assertRaises(SystemExit):
            self.run_step(ssm.SsmUnreachable("no route"))
        self.assertEqual(self.files["REASON_FILE"].read_text(), "The secrets could not be read: no route\n")

    def test_are_a_failure_when_ssm_refuses_even_if_there_are_old_ones(self):
        self.run_step({"a": "1", "b": "2"})
        with self.assertRaises(SystemExit):
            self.run_step(ssm.SsmError("GetParameters", 400, "AccessDeniedException", "no"))
        self.assertIn("AccessDeniedException", self.files["REASON_FILE"].read_text())


class ForgetDirectory(unittest.TestCase):
    """What is done before a host waits for the directory's lock."""

    def put(self, services, sessions):
        """What the program sends to an agent that has these, or that refuses them by a text."""
        step = programs.load(FILES / "boot" / "forget-directory")
        asked = {"agent/services?filter=Port+%3D%3D+9081": services, "session/node/core-services-01?": sessions}
        sent = []

        def ask(url, method="GET"):
            path = url.split("/v1/")[1]
            if method == "PUT":
                sent.append(path.rstrip("?"))
                return 200, b"" if path.startswith("agent/") else b"true"
            answer = asked[path]
            return (500, answer.encode()) if isinstance(answer, str) else (200, json.dumps(answer).encode())

        with mock.patch.dict(os.environ, ROS_PORT="9081", HOST_NAME="core-services-01"):
            with mock.patch.object(step.probe, "_ask", ask), mock.patch("builtins.print"):
                step.main()
        return sent

    def test_the_lock_of_one_that_was_killed_is_given_back_and_no_other_session_of_the_host_ends(self):
        sessions = [{"ID": "s1", "Name": "another"}, {"ID": "s2", "Name": "realm-directory"}]
        given_back = "kv/realm-cluster/directory/.lock?release=s2&flags=3304740253564472344"
        self.assertEqual(self.put({}, sessions), [given_back, "session/destroy/s2"])

    def test_what_a_directory_left_registered_here_is_taken_out(self):
        services = {name: {"ID": name, "Port": 9081} for name in ("realms:10.0.0.1:9081", "health:10.0.0.1:9081")}
        self.assertEqual(self.put(services, []), ["agent/service/deregister/" + name for name in services])

    def test_and_where_it_left_nothing_nothing_is(self):
        self.assertEqual(self.put({}, []), [])

    def test_an_agent_that_refuses_ends_it(self):
        for answers in (("No cluster leader", []), ({}, "No cluster leader")):
            with self.assertRaises(SystemExit):
                self.put(*answers)


class Boot(unittest.TestCase):
    """The driver, on steps that are scripts of the test."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        home = pathlib.Path(directory.name)
        self.boot = programs.load(FILES / "boot" / "boot")
        self.boot.HOME = home
        self.boot.INSTANCE = home / "instance.env"
        self.boot.RUN = home
        for name in ("FAILED", "NOTES"):
            setattr(self.boot, name, home / name)
        (home / "steps").mkdir()
        self.reports = []
        metadata = {"meta-data/local-ipv4": "10.20.0.11", "meta-data/instance-id": "i-1", "meta-data/placement/region": "eu-west-1"}
        for patch in (
            mock.patch.object(ssm, "put", side_effect=lambda name, value, attempts: self.reports.append(json.loads(value))),
            mock.patch.object(imds, "require", side_effect=metadata.__getitem__),
            mock.patch.dict(os.environ),
            mock.patch("builtins.print"),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def run_steps(self, order=None, **steps):
        for name, script in steps.items():
            path = self.boot.HOME / "steps" / name
            path.write_text("#!/bin/bash\n" + script)
            path.chmod(0o755)
        os.environ["BOOT_STEPS"] = order or " ".join(steps)
        self.reports.clear()
        return self.boot.boot(self.boot.Report("/boot"))

    def test_every_step_is_reported(self):
        self.assertTrue(self.run_steps(one="true", two='[[ $HOST_ADDRESS == 10.20.0.11 ]]'))
        self.assertEqual([(report["state"], report["step"]) for report in self.reports], [("booting", "one"), ("booting", "two"), ("ready", "two")])
        last = self.reports[-1]
        self.assertEqual([step["step"] for step in last["steps"]], ["one", "two"])
        self.assertEqual((last["host"], last["instanceId"]), ("consul-01", "i-1"))
        self.assertRegex(last["at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_the_first_step_that_fails_ends_the_boot_with_its_reason_and_last_lines(self):
        self.assertFalse(self.run_steps(one="echo hello; echo 'The disk is odd' >$REASON_FILE; exit 1", two="touch $0.ran"))
        last = self.reports[-1]
        self.assertEqual((last["state"], last["step"], last["reason"], last["log"]), ("failed", "one", "The disk is odd", ["hello"]))
        self.assertFalse((self.boot.HOME / "steps/two.ran").exists())

    def test_steps_of_a_group_run_at_once_and_the_next_when_all_have_ended(self):
        meet = "touch $0.there; for i in {1..100}; do [[ -e ${0%%/*}/%s.there ]] && exit; sleep 0.05; done; exit 1"
        after = "[[ -e ${0%/*}/one.there && -e ${0%/*}/two.there ]]"
        self.assertTrue(self.run_steps("one+two three", one=meet % "two", two=meet % "one", three=after))
        self.assertEqual([step["step"] for step in self.reports[-1]["steps"]], ["one", "two", "three"])
        self.assertEqual([report["step"] for report in self.reports], ["one", "two", "three", "three"])

    def test_a_step_that_fails_is_told_when_the_others_of_its_group_have_ended(self):
        slow = "sleep 0.5; touch $0.ran"
        broken = "echo 'It is broken' >$REASON_FILE; exit 1"
        self.assertFalse(self.run_steps("one+two+three four", one="true", two=broken, three=slow, four="touch $0.ran"))
        last = self.reports[-1]
        self.assertEqual((last["step"], last["reason"]), ("two", "It is broken"))
        self.assertEqual([(self.boot.HOME / "steps" / name).exists() for name in ("three.ran", "four.ran")], [True, False])

    def test_a_step_without_a_reason_is_given_one(self):
        self.run_steps(one="echo before; no-such-command")
        self.assertRegex(self.reports[-1]["reason"], "^Step one ended with status 127: .*no-such-command: command not found$")

    def test_the_report_stays_failed_until_the_host_is_ready(self):
        self.run_steps(one="false")
        self.assertFalse(self.run_steps(one="true", two="false"))
        self.assertEqual([report["state"] for report in self.reports], ["failed"])
        self.assertTrue(self.run_steps(one="true", two="true"))
        self.assertEqual([report["state"] for report in self.reports], ["ready"])

    def test_a_report_fits_its_parameter_whatever_the_step_said(self):
        self.run_steps(one="for i in {1..50}; do printf '%0300d\\n' $i; done; printf 'é%.0s' {1..5000} >$REASON_FILE; exit 1")
        last = self.reports[-1]
        self.assertLess(len(json.dumps(last)), 4096)
        self.assertTrue(last["reason"].startswith("éé"))

    def test_what_goes_on_with_a_note_is_ready_and_says_so(self):
        self.run_steps(one="echo 'Old secrets are used' >>$NOTES_FILE")
        self.assertEqual((self.reports[-1]["state"], self.reports[-1]["log"]), ("ready", ["Old secrets are used"]))

    def test_a_silent_metadata_service_is_a_reason(self):
        with mock.patch.object(imds, "require", side_effect=imds.MetadataError("No metadata.")):
            self.assertFalse(self.run_steps(one="true"))
        self.assertEqual((self.reports[-1]["step"], self.reports[-1]["reason"]), ("identity", "No metadata."))

    def test_a_clock_that_is_far_off_is_a_reason_before_any_step(self):
        for ahead, reason in ((7200, "The clock is 7200 s ahead of AWS's"), (-301.4, "The clock is 301 s behind AWS's")):
            with mock.patch.object(imds, "ahead", ahead):
                self.assertFalse(self.run_steps(one="touch $0.ran"))
            self.assertEqual((self.reports[-1]["step"], self.reports[-1]["reason"]), ("clock", reason))
            self.assertFalse((self.boot.HOME / "steps/one.ran").exists())
        with mock.patch.object(imds, "ahead", 299):
            self.assertTrue(self.run_steps(one="true"))

    def test_a_report_that_cannot_be_written_ends_no_boot(self):
        with mock.patch.object(ssm, "put", side_effect=ssm.SsmUnreachable("no route")):
            self.assertTrue(self.run_steps(one="true"))


if __name__ == "__main__":
    unittest.main()
