"use strict";

const { Get, BaseRoute, ServiceName } = require("realm-object-server");

/** Serves what the server's PrometheusStatsSink has counted, at /metrics, and is found in Consul as `metrics`. */
class MetricsService {
  metrics(request, response) {
    response.type("text/plain").send(this.stats.getMetrics());
  }
}
// Node 8 has no decorator syntax; a decorator is a function.
BaseRoute("/metrics", { allowAnonymous: true })(MetricsService);
ServiceName("metrics")(MetricsService);
Get("/")(MetricsService.prototype, "metrics");

module.exports = { MetricsService };
