import { spawnSync } from "node:child_process";
import { type HostScript, shellScript } from "../../gates/hostScript";
import type { RunningHost } from "../../gates/hosts";
import { rotateGossipKey, takeUp } from "../../gates/takeUp";
import type { World } from "../../gates/world";

const host = (name: string, boot: RunningHost["boot"] = "ready"): RunningHost => ({
  name,
  instanceId: `i-${name}`,
  boot,
});
const three = [host("a"), host("b"), host("c")];

/** A cluster that keeps what is done to it, as `HOST: PROGRAM ARGUMENTS` when it begins and `HOST done` when it ends. */
class Cluster implements World {
  readonly log: string[] = [];
  readonly said: string[] = [];
  readonly say = (line: string) => void this.said.push(line.replace(/[\d.]+ s$/, "N s"));

  constructor(
    readonly hosts: RunningHost[],
    private readonly refusing: string[] = [],
  ) {}

  readonly run = async ({ name }: RunningHost, { program, args }: HostScript) => {
    this.log.push(`${name}: ${program} ${args.join(" ")}`);
    await new Promise(setImmediate);
    this.log.push(`${name} done`);
    if (this.refusing.includes(name) || this.refusing.includes(args[0]))
      throw new Error("it was not ready within 600 s");
    return "";
  };
}

const began = (name: string) => `${name}: take-up-secrets auth-key auth-pub`;
const secrets = ["auth-key", "auth-pub"];

describe("taking up secrets", () => {
  test("together, all hosts begin before one is done", async () => {
    const cluster = new Cluster(three);
    await takeUp(secrets, "together", cluster);
    expect(cluster.log).toEqual([began("a"), began("b"), began("c"), "a done", "b done", "c done"]);
    expect(cluster.said).toEqual(["a", "b", "c"].map((name) => `${name} has auth-key, auth-pub after N s`));
  });

  test("together, one that fails is named with its reason, and the others go on", async () => {
    const cluster = new Cluster(three, ["b"]);
    await expect(takeUp(secrets, "together", cluster)).rejects.toThrow(
      "b did not take up auth-key, auth-pub: it was not ready within 600 s\nMend the host, or",
    );
    expect(cluster.log).toContain("c done");
  });

  test("one by one, a host begins when the one before is done", async () => {
    const cluster = new Cluster(three);
    await takeUp(secrets, "oneByOne", cluster);
    expect(cluster.log).toEqual([began("a"), "a done", began("b"), "b done", began("c"), "c done"]);
  });

  test("one by one, a host that fails is the last one that is touched", async () => {
    const cluster = new Cluster(three, ["b"]);
    await expect(takeUp(secrets, "oneByOne", cluster)).rejects.toThrow("b did not take up");
    expect(cluster.log).toEqual([began("a"), "a done", began("b"), "b done"]);
  });

  test("a host whose boot failed, or that has not reported, is left to itself, and told", async () => {
    const cluster = new Cluster([host("a", "failed"), host("b", "silent"), host("c", "booting")]);
    await takeUp(secrets, "together", cluster);
    expect(cluster.log).toEqual([began("c"), "c done"]);
    expect(cluster.said[0]).toBe("a is not ready (its boot is failed): it reads its secrets when it tries again");
  });
});

describe("changing the gossip key", () => {
  const [first, second, worker] = ["consul-01", "consul-02", "sync-default-01"];
  const use = [`${second}: gossip-key use /s`, `${second} done`];
  const settle = [`${second}: gossip-key settle /s`, `${second} done`];
  const store = [second, worker].map((name) => `${name}: take-up-secrets gossip-key`);

  test("all agents use it before a host stores it, and forget the old one when every host has", async () => {
    const cluster = new Cluster([host(first, "booting"), host(second), host(worker)]);
    await rotateGossipKey("/s", cluster);
    const stored = [`${first}: take-up-secrets gossip-key`, ...store];
    const done = [first, second, worker].map((name) => `${name} done`);
    expect(cluster.log).toEqual([...use, ...stored, ...done, ...settle]);
  });

  test("no host stores it when the agents do not use it", async () => {
    const cluster = new Cluster([host(second), host(worker)], ["use"]);
    const reason = `Consul's gossip key could not be changed through ${second}`;
    await expect(rotateGossipKey("/s", cluster)).rejects.toThrow(reason);
    expect(cluster.log).toEqual(use);
  });

  test("the agents keep the old one while a host has not stored the new one", async () => {
    const cluster = new Cluster([host(second), host(worker)], [worker]);
    await expect(rotateGossipKey("/s", cluster)).rejects.toThrow(`${worker} did not take up gossip-key`);
    expect(cluster.log).toEqual([...use, ...store, `${second} done`, `${worker} done`]);
  });

  test("without a server that is ready, which alone may change it, nothing is done", async () => {
    const cluster = new Cluster([host(first, "failed"), host(second, "booting"), host(worker)]);
    await rotateGossipKey("/s", cluster);
    expect(cluster.log).toEqual([]);
  });
});

test.each(["take-up-secrets", "gossip-key"] as const)(
  "the script that is sent gives %s to its interpreter",
  (program) => {
    const [shell, call, ...source] = shellScript({ program, args: ["it's", "$HOME"] }).split("\n");
    expect(shell).toBe("#!/bin/sh");
    expect(source.pop()).toBe("END OF PROGRAM");
    const show = { "take-up-secrets": "echo $1/$2", "gossip-key": "import sys; print('/'.join(sys.argv[1:]))" }[
      program
    ];
    const script = [call, show, "END OF PROGRAM"].join("\n");
    expect(spawnSync("sh", ["-c", script], { encoding: "utf8" })).toMatchObject({ status: 0, stdout: "it's/$HOME\n" });
  },
);
