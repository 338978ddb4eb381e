/** Who gets into Consul: agents with a certificate and the key of gossip, tokens with what their role needs, and nobody else. */
import { all, dayTwo, type Deployment, deployed, setting } from "./deployment";
import { SteadyWriter } from "./steadyWriter";
import { describeOnHosts } from "./support";

jest.setTimeout(5 * 60_000);

/** The longest that Consul may take to elect another leader, with the shortest timing that it has. */
const ELECTION_SECONDS = 5;

/** What came of an agent that tried to join. */
interface Intrusion {
  /** The nodes that Consul's servers told it of; null when they did not. */
  catalogue: string | null;
  log: string;
}

/** Runs on a host: an agent beside its own, with the same configuration and secrets but for a change. It leaves nothing behind. */
const intruder = (change: string) => `
import base64, json, os, re, shutil, subprocess, tempfile, time, urllib.error, urllib.request

REFUSED = "tls: |[Ff]ailed to join"
home = tempfile.mkdtemp()
said = home + "/said"
config = json.load(open("/etc/consul.d/consul.json"))
secrets = json.load(open("/run/consul/secrets.json"))
address = re.search('HOST_ADDRESS="(.*)"', open("/etc/realm-cluster/instance.env").read())[1]
config.update(data_dir=home + "/data", node_name="core-services-intruder", bind_addr=address, retry_interval="1s")
config["ports"] = {"http": 18500, "dns": -1, "serf_lan": 18301}
# Without a port it would be the agent's own.
config["retry_join"] = [server + ":8301" for server in config["retry_join"]]
${change}
for name, content in (("config", config), ("secrets", secrets)):
    json.dump(content, open(home + "/%s.json" % name, "w"))
command = ["consul", "agent", "-config-file", home + "/config.json", "-config-file", home + "/secrets.json"]
agent = subprocess.Popen(command, stdout=open(said, "w"))
catalogue = None
deadline = time.monotonic() + 20
while catalogue is None and time.monotonic() < deadline and not re.search(REFUSED, open(said).read()):
    try:
        catalogue = urllib.request.urlopen("http://127.0.0.1:18500/v1/catalog/nodes", timeout=5).read().decode()
    except OSError:
        time.sleep(0.1)
agent.terminate()
agent.wait()
print(json.dumps({"catalogue": catalogue, "log": open(said).read()}))
shutil.rmtree(home)
`;

describeOnHosts("Consul", () => {
  let cluster: Deployment;
  beforeAll(async () => {
    cluster = await deployed(dayTwo);
  }, 20 * 60_000);

  const API = "http://127.0.0.1:8500/v1";
  /** The status with which the agent of a host answers `curl ARGUMENTS`. */
  const status = async (host: string, args: string) =>
    Number(await cluster.exec(host, `curl -s -o /dev/null -w '%{http_code}' ${args}`));
  /** Lets another agent try to join from a host that the network lets in, with this done to its `config` and `secrets`. */
  async function intrude(change: string): Promise<Intrusion> {
    const printed = await cluster.exec("core-services-01", `python3 - <<'PYTHON'\n${intruder(change)}\nPYTHON`);
    return JSON.parse(printed) as Intrusion;
  }

  test("takes an agent that has all that it takes", async () => {
    expect(await intrude("pass")).toMatchObject({ catalogue: expect.stringContaining('"core-services-01"') as string });
    await cluster.consulCommand("force-leave -prune core-services-intruder");
  });

  test("turns a host without a certificate away", async () => {
    const { catalogue, log } = await intrude(`
tls = config["tls"]["defaults"]
del tls["cert_file"], tls["key_file"]
tls["verify_incoming"] = False`);
    expect({ catalogue, log }).toEqual({ catalogue: null, log: expect.stringMatching(/tls: certificate required/) });
  });

  test("turns a host with a certificate of another authority away", async () => {
    const { catalogue, log } = await intrude(`
tls = config["tls"]["defaults"]
tls["cert_file"], tls["key_file"] = home + "/cert", home + "/key"
own = ["-subj", "/CN=client.dc1.consul", "-keyout", tls["key_file"], "-out", tls["cert_file"]]
subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *own], check=True, stderr=subprocess.DEVNULL)`);
    expect({ catalogue, log }).toEqual({
      catalogue: null,
      log: expect.stringMatching(/tls: (unknown|bad) certificate/),
    });
  });

  test("turns a host with another key of gossip away", async () => {
    const { catalogue, log } = await intrude(`secrets["encrypt"] = base64.b64encode(os.urandom(32)).decode()`);
    expect({ catalogue, log }).toEqual({
      catalogue: null,
      log: expect.stringMatching(/No installed keys could decrypt|EOF/),
    });
  });

  test("does not take an agent's certificate for a server's", async () => {
    const asked = (name: string) =>
      cluster.exec(
        "core-services-01",
        `openssl s_client -connect 10.20.0.10:8300 -CAfile /run/consul/consul-ca -verify_hostname ${name} </dev/null 2>&1 | grep '^Verification' || true`,
      );
    expect(await asked("server.dc1.consul")).toBe("Verification: OK");
    expect(await asked("client.dc1.consul")).toBe("Verification error: hostname mismatch");
  });

  test("tells nothing to who has no token, or one that it does not know", async () => {
    const strangers = ["anonymous", "00000000-0000-0000-0000-000000000001"].map(
      (token) => `-H 'X-Consul-Token: ${token}'`,
    );
    for (const token of strangers) {
      expect(await status("core-services-01", `${token} ${API}/kv/realm-cluster/directory/.lock`)).toBe(403);
      expect(await status("core-services-01", `${token} -X PUT -d x ${API}/kv/mine`)).toBe(403);
      expect(await status("core-services-01", `${token} ${API}/agent/self`)).toBe(403);
    }
    const [anonymous] = strangers;
    expect(await cluster.exec("core-services-01", `curl -s ${anonymous} ${API}/catalog/nodes`)).toBe("[]");
  });

  test.each([
    // What a host may do by the token of its agent, which its programs use: a few things that it does, and a few that it does not.
    ["sync-default-01", { "kv/realm/x": 200, "kv/realm-cluster/directory/x": 403, "operator/raft/configuration": 403 }],
    [
      "core-services-01",
      { "kv/realm/x": 403, "kv/realm-cluster/directory/x": 200, "operator/raft/configuration": 403 },
    ],
    ["consul-01", { "kv/realm/x": 403, "kv/realm-cluster/directory/x": 403, "operator/raft/configuration": 200 }],
  ])("lets the programs of %s do what they need, and nothing else", async (host, expected) => {
    const asked = Object.keys(expected).map(async (path) => {
      const write = path.startsWith("kv/") ? "-X PUT -d x" : "";
      return [path, await status(host, `${write} ${API}/${path}`)] as const;
    });
    const found = Object.fromEntries(await Promise.all(asked));
    expect(found).toEqual(expected);
    for (const path of Object.keys(found).filter((path) => path.startsWith("kv/") && found[path] === 200)) {
      await cluster.exec(host, `curl -s -X DELETE ${API}/${path}`);
    }
    const register = (name: string) => `-X PUT -d '{"Name": "${name}"}' ${API}/agent/service/register`;
    expect(await status(host, register("another"))).toBe(403);
    expect(await status(host, `-X PUT ${API}/agent/leave`)).toBe(403);
    expect(await status(host, `${API}/acl/tokens`)).toBe(403);
  });

  test("answers on no host's address, only on its loopback", async () => {
    const { address } = cluster.outputs.hosts.find(({ name }) => name === "consul-01")!;
    expect(await status("consul-01", `http://127.0.0.1:8500/v1/status/leader`)).toBe(200);
    for (const host of ["consul-01", "core-services-01"]) {
      expect(await status(host, `--max-time 3 http://${address}:8500/v1/status/leader || true`)).toBe(0);
    }
  });

  test("has its certificates renewed host by host by an update, while it serves and no agent restarts", async () => {
    const names = cluster.outputs.hosts.map(({ name }) => name);
    const onAll = (script: string) => Promise.all(names.map((name) => cluster.exec(name, script)));
    const shown =
      "echo | openssl s_client -connect 127.0.0.1:8300 2>/dev/null | openssl x509 -noout -serial 2>/dev/null";
    const serial = "openssl x509 -noout -serial -in $(ls /run/consul/consul-*-cert)";
    const running = "systemctl show -P MainPID consul";
    const [before, processes, served] = [
      await onAll(serial),
      await onAll(running),
      await cluster.exec("consul-01", shown.replace("127.0.0.1", "10.20.0.10")),
    ];
    const writer = await SteadyWriter.start(cluster, "sync-default-01");

    // Others than before, as they are when an update finds that it is time.
    const updated = await cluster.up(all(setting("consul", { certificates: { validDays: 30, renewDays: 10 } })));
    const written = await writer.stop();
    expect(updated).toMatchObject({ ok: true });
    const steps = updated.changes
      .filter(({ op }) => op !== "replace")
      .map(({ op, type, name }) => `${op} ${type.split(":").pop()} ${name}`);
    expect(steps.slice().sort()).toEqual([
      "create-replacement LocallySignedCert consul-agent",
      "create-replacement LocallySignedCert consul-server",
      "delete-replaced LocallySignedCert consul-agent",
      "delete-replaced LocallySignedCert consul-server",
      "update Command consul-certificates-taken-up",
      "update Parameter consul-agent-cert",
      "update Parameter consul-server-cert",
    ]);
    const after = await onAll(serial);
    expect(after.filter((one, index) => one === before[index])).toEqual([]);
    expect(await onAll(running)).toEqual(processes);
    // What it shows to others, not what it has stored.
    expect(await cluster.exec("consul-01", shown.replace("127.0.0.1", "10.20.0.10"))).not.toBe(served);
    console.info(`writes to Consul while its certificates were renewed: ${JSON.stringify(written)}`);
    expect(written.longestGap.seconds).toBeLessThan(ELECTION_SECONDS);
  });
});
