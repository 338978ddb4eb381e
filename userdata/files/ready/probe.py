"""What the readiness checks share, and forget-directory. A check ends with 0 when its service is ready, or with 1 and one sentence that says why not."""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def not_ready(reason):
    print(reason)
    sys.exit(1)


def _ask(url, method="GET"):
    """(status, body) of an answer, whatever the status."""
    try:
        with _direct.open(urllib.request.Request(url, method=method), timeout=5) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def consul(path, method="GET", **query):
    """Consul's answer to METHOD /v1/PATH, from the agent of this host; None where it is empty. Ends the check when there is none."""
    try:
        status, body = _ask("http://127.0.0.1:8500/v1/%s?%s" % (path, urllib.parse.urlencode(query, doseq=True)), method)
    except OSError as error:
        not_ready("Consul's agent does not answer: %s" % getattr(error, "reason", error))
    try:
        return json.loads(body or "null")
    except ValueError:
        not_ready("Consul answers HTTP %d: %s" % (status, body.decode(errors="replace").strip()[:200]))


def passing(service, **query):
    """The registrations of SERVICE whose checks all pass, in the whole cluster."""
    return [entry["Service"] for entry in consul("health/service/%s" % service, passing="1", **query)]


def require_health(port):
    """Ends the check unless the Realm server of this host on PORT says that it is healthy."""
    try:
        status, _ = _ask("http://127.0.0.1:%d/health?thisInstance=true" % port)
    except OSError as error:
        not_ready("Port %d does not answer: %s" % (port, getattr(error, "reason", error)))
    if status != 200:
        not_ready("Port %d answers /health with HTTP %d" % (port, status))


def own_address():
    return os.environ["HOST_ADDRESS"]
