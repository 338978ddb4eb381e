"""EC2 instance metadata by IMDSv2. Standard library only: it must work before anything was installed."""

import email.utils
import http.client
import json
import time
import urllib.error
import urllib.request

ENDPOINT = "http://169.254.169.254/latest/"
# A proxy of the environment must never see the role's credentials.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_token = None
# How many seconds this host's clock is ahead of the metadata service's, as of its last answer.
ahead = 0


class MetadataError(Exception):
    """The metadata service gave no answer, or not the expected one. The message is one sentence."""


def _request(path, method="GET", headers=None):
    global ahead
    request = urllib.request.Request(ENDPOINT + path, method=method, headers=headers or {})
    with _direct.open(request, timeout=5) as response:
        date = response.headers["Date"]
        if date:
            ahead = time.time() - email.utils.parsedate_to_datetime(date).timestamp()
        return response.read().decode()


def get(path, attempts=5):
    """The text at PATH under /latest/, such as `meta-data/instance-id`, or None where there is nothing (404)."""
    global _token
    for attempt in range(1, attempts + 1):
        try:
            if _token is None:
                _token = _request("api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": "21600"})
            return _request(path, headers={"X-aws-ec2-metadata-token": _token})
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            _token = None
            reason = "HTTP %d" % error.code
        except (OSError, http.client.HTTPException) as error:
            reason = str(getattr(error, "reason", error))
        if attempt < attempts:
            time.sleep(min(2 ** (attempt - 1) * 0.25, 8))
    raise MetadataError("The instance metadata service does not answer %s: %s." % (path, reason))


def require(path):
    """Like get, where nothing is an error."""
    value = get(path)
    if value is None:
        raise MetadataError("The instance metadata service has no %s." % path)
    return value


def credentials():
    """The role's temporary credentials: a dict with AccessKeyId, SecretAccessKey and Token."""
    role = require("meta-data/iam/security-credentials/").split()[0]
    return json.loads(require("meta-data/iam/security-credentials/" + role))


def region():
    return require("meta-data/placement/region")


def domain():
    """The domain of AWS service endpoints, such as amazonaws.com."""
    return get("meta-data/services/domain") or "amazonaws.com"
