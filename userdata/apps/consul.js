// @ts-check
"use strict";

/** Questions to the Consul agent of this host. Runs on Node.js 8. */
const http = require("http");
const { setting } = require("./member");

/** A server without power answers nobody, and an agent asks another as soon as it knows. */
const TIMEOUT_MS = 1500;

/**
 * @param {string} path
 * @param {number} [staleMs] how long ago the server that answers a path with `stale` may have heard from the leader
 * @returns {Promise<any>} what the agent answers to GET /v1/PATH
 */
async function askConsul(path, staleMs = 0) {
  return JSON.parse(await get(`/v1/${path}`, staleMs));
}

/** @param {string} path @param {number} staleMs @returns {Promise<string>} */
function get(path, staleMs) {
  const where = { host: setting("CONSUL_HOST"), port: setting("CONSUL_PORT") };
  const options = Object.assign(where, { path, timeout: TIMEOUT_MS });
  return new Promise((resolve, reject) => {
    const request = http.get(options, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => (text += chunk));
      answer.on("end", () => {
        const age = Number(answer.headers["x-consul-lastcontact"]);
        if (answer.statusCode !== 200) reject(new Error(`Consul answers HTTP ${answer.statusCode}: ${text}`));
        else if (age > staleMs) reject(new Error(`Consul has had no leader for ${age} ms`));
        else resolve(text);
      });
    });
    request.on("timeout", () => request.destroy(new Error(`Consul does not answer within ${TIMEOUT_MS} ms`)));
    request.on("error", reject);
  });
}

module.exports = { askConsul };
