"""A client of AWS Systems Manager parameters: signature version 4 over the standard library.

A boot has to be able to report that it failed before anything could be downloaded, so that no SDK is at hand.
"""

import datetime
import hashlib
import hmac
import http.client
import json
import random
import time
import urllib.error
import urllib.request

import imds

# What SSM refuses for the moment alone, besides faults of its own.
BUSY = ("Throttling", "ThrottlingException", "TooManyUpdates", "RequestLimitExceeded", "TooManyRequestsException")


class SsmError(Exception):
    """SSM refused. The message is one sentence; `code` is the AWS error code."""

    def __init__(self, action, status, code, text):
        super().__init__("SSM %s failed: HTTP %d %s: %s" % (action, status, code, text))
        self.code = code


class SsmUnreachable(Exception):
    """SSM gave no answer: no network, no name, no TLS, no credentials from the metadata service, too many calls, or a fault of its own."""


def sign(host, headers, body, credentials, region, service, now):
    """The headers of a POST to / with signature version 4. HEADERS: by names in lower case; BODY: bytes."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = dict(headers, host=host)
    headers["x-amz-date"] = stamp
    if credentials.get("Token"):
        headers["x-amz-security-token"] = credentials["Token"]
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        ["POST", "/", ""]
        + ["%s:%s" % (name, headers[name].strip()) for name in sorted(headers)]
        + ["", names, hashlib.sha256(body).hexdigest()]
    )
    scope = "/".join([stamp[:8], region, service, "aws4_request"])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + credentials["SecretAccessKey"]).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        credentials["AccessKeyId"],
        scope,
        names,
        signature,
    )
    return headers


def call(action, payload, attempts=8):
    """One API call, retried with backoff while SSM gives no answer. So is a denial: IAM makes a new policy known only after some seconds."""
    for attempt in range(1, attempts + 1):
        try:
            return _post(action, payload)
        except SsmError as error:
            if error.code != "AccessDeniedException" or attempt == attempts:
                raise
        except SsmUnreachable:
            if attempt == attempts:
                raise
        # Many hosts boot at once and share one rate limit: they must not come back together.
        time.sleep(random.uniform(0.5, 1) * min(2 ** (attempt - 1), 15))


def _post(action, payload):
    try:
        region = imds.region()
        host = "ssm.%s.%s" % (region, imds.domain())
        credentials = imds.credentials()
    except imds.MetadataError as error:
        raise SsmUnreachable(str(error)) from error
    body = json.dumps(payload).encode()
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM." + action}
    # By AWS's time: a host whose clock is wrong has to be able to tell that.
    now = datetime.datetime.fromtimestamp(time.time() - imds.ahead, datetime.timezone.utc)
    signed = sign(host, headers, body, credentials, region, "ssm", now)
    try:
        with urllib.request.urlopen(urllib.request.Request("https://%s/" % host, body, signed), timeout=15) as response:
            return json.loads(response.read())
    except urllib.error.HTTPError as error:
        raise _refusal(action, error) from error
    except (OSError, http.client.HTTPException) as error:
        raise SsmUnreachable("%s cannot be reached: %s" % (host, getattr(error, "reason", error))) from error


def _refusal(action, error):
    text = error.read().decode(errors="replace")
    try:
        answer = json.loads(text)
    except ValueError:
        answer = {}
    code = str(answer.get("__type", "")).split("#")[-1]
    refusal = SsmError(action, error.code, code or "Unknown", answer.get("message") or answer.get("Message") or text[:200])
    return SsmUnreachable(str(refusal)) if code in BUSY or error.code == 429 or error.code >= 500 else refusal


def get_secrets(path, names, attempts=8):
    """The decrypted parameters PATH/NAME, by name. Raises SsmError also when one does not exist."""
    full = sorted("%s/%s" % (path, name) for name in names)
    found, missing = {}, []
    # SSM's limit.
    for start in range(0, len(full), 10):
        answer = call("GetParameters", {"Names": full[start : start + 10], "WithDecryption": True}, attempts)
        missing += answer.get("InvalidParameters") or []
        found.update((parameter["Name"].split("/")[-1], parameter["Value"]) for parameter in answer["Parameters"])
    if missing:
        raise SsmError("GetParameters", 400, "ParameterNotFound", "no parameter %s" % ", ".join(sorted(missing)))
    return found


def put(name, value, attempts=8):
    """Overwrites the String parameter NAME."""
    call("PutParameter", {"Name": name, "Value": value, "Type": "String", "Overwrite": True}, attempts)
