/** Boots that fail, each for a reason of its own: `pulumi up` tells all of it within a minute, touches nothing else, and goes on once it is mended. */
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AttachVolumeCommand, DescribeVolumesCommand, DetachVolumeCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { silentSeconds } from "../../gates/bootReport";
import { defaultStack } from "../../local/cluster/paths";
import { ensureHostNodeWithNpm } from "../../local/tools/nodejs";
import type { SecretName } from "../../userdata/service";
import { eventually } from "./awsCli";
import { BOOT_TIMEOUT_MINUTES, type Deployment, type Updated, all, dayTwo, deployed, setting } from "./deployment";
import { HeldBoots } from "./heldBoots";
import { npm } from "./localCluster";
import { describeOnHosts } from "./support";

jest.setTimeout(10 * 60_000);

/** A fault that is injected on one host. */
interface Fault {
  what: string;
  host: string;
  /** What the report is to say. */
  step: string;
  reason: RegExp;
  /** The last lines; none where the step prints nothing. */
  log?: RegExp;
  /** What breaks it, and what mends it: a script on the host, or something else. */
  inject: string | ((host: string) => Promise<void>);
  mend?: string | ((host: string) => Promise<void>);
}

const DATA = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_*";
const HOST = "/etc/realm-cluster/host.env";
const DOWNLOADS = "/etc/realm-cluster/downloads.env";
const keepDownloads = `cp ${DOWNLOADS} /root/downloads.env`;
/** The variables of an attempt are read when it begins: one that goes on with the old ones would fail once more. */
const again = "systemctl --no-block restart realm-cluster-boot";
const restoreDownloads = `cp /root/downloads.env ${DOWNLOADS}; ${again}`;

/** How hosts install Realm, in base64. */
const [artifactStep, registryStep] = ["artifact", "registry"].map((from) =>
  readFileSync(join(__dirname, `../../userdata/files/realm/${from}.sh`), "base64"),
);

/** A registry on the host itself that wants to know who asks. */
const unauthorized = `
import http.server
class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Bearer")
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", 4873), Registry).serve_forever()`;

/** A host without one gets npm, and is to install from that registry: once it has Node.js. */
const withRegistry = `
  sed -i 's/node+realm/node realm/' ${HOST}
  tar -xzf /root/npm.tar.gz -C /opt; ln -s /opt/npm/bin/npm-cli.js /usr/local/bin/npm
  ${keepDownloads}; sed -i '/^REALM_/d' ${DOWNLOADS}; echo 'REALM_REGISTRY="http://127.0.0.1:4873/"' >>${DOWNLOADS}
  echo '{"dependencies": {"realm-object-server": "3.12.0"}}' >/etc/realm-cluster/package.json
  base64 -d <<<${registryStep} >/opt/realm-cluster/realm.sh
  useradd --system realm-install
  systemd-run --quiet --unit registry python3 -c '${unauthorized}'`;

/** The npm that comes with a Node, as an archive. */
function packNpm(node: string): Buffer {
  const unpack = `tar -xzf ${node} -C $directory --strip-components 3 --wildcards '*/lib/node_modules/npm'`;
  const script = `directory=$(mktemp -d); ${unpack}; tar -cz -C $directory npm; rm -r $directory`;
  return execFileSync("sh", ["-ec", script], { maxBuffer: 2 ** 26 });
}

const RETRY_JOIN = `import json; print(*json.load(open("/etc/consul.d/consul.json"))["retry_join"])`;
const founders = `for address in $(python3 -c '${RETRY_JOIN}'); do`;

describeOnHosts("a boot that fails", () => {
  let cluster: Deployment;
  let boots: HeldBoots;
  let ec2: EC2Client;
  let ssm: SSMClient;
  /** Hosts of this machine have a Node without it. */
  let packedNpm: Buffer;

  /** The secret whose value is another one while a host reads its secrets. */
  async function whileSecretIs(name: SecretName, value: string, action: () => Promise<unknown>): Promise<void> {
    const Name = `/realm-cluster/${defaultStack}/secrets/${name}`;
    const right = await cluster.secret(name);
    const put = (Value: string) =>
      ssm.send(new PutParameterCommand({ Name, Value, Type: "SecureString", Overwrite: true }));
    await put(value);
    await action().finally(() => put(right));
  }
  const hasRead = (host: string, secret: string) =>
    eventually(
      () => boots.exec(host, `ls /etc/realm-cluster/secrets/${secret} /run/realm-cluster/failed 2>/dev/null || true`),
      (found) => found !== "",
      60,
    );
  const attachmentOf = async (host: string) => {
    const Filters = [{ Name: "tag:Name", Values: [`realm-cluster-${defaultStack}-${host}-data`] }];
    const { Volumes } = await ec2.send(new DescribeVolumesCommand({ Filters }));
    return { VolumeId: Volumes![0].VolumeId, InstanceId: boots.instanceId(host), Device: "/dev/sdf" };
  };

  const anotherKey = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  }).privateKey;

  const faults: Fault[] = [
    {
      what: "a wrong key of Consul's gossip on one host",
      host: "core-services-03",
      step: "ready",
      reason: /^consul-agent was not ready within 40 s: .*No known Consul servers/,
      log: /Failed to join [\d.:]+: No installed keys could decrypt the message/,
      // It reads the right one at its next attempt.
      inject: (host) =>
        whileSecretIs("gossip-key", Buffer.alloc(32, 7).toString("base64"), async () => {
          await boots.release(host);
          await hasRead(host, "gossip-key");
        }),
    },
    {
      what: "a wrong key to sign tokens on one host",
      host: "core-services-04",
      step: "secrets",
      reason: /^auth-key and auth-pub are no pair/,
      inject: (host) =>
        whileSecretIs("auth-key", anotherKey, async () => {
          await boots.release(host);
          // Its next attempt, which would go well with the right one, begins soon.
          await boots.told(host);
        }),
    },
    {
      what: "a secret that cannot be read",
      host: "core-services-05",
      step: "secrets",
      reason: /^The secrets could not be read: SSM GetParameters failed: HTTP 400 AccessDeniedException: .*npm-token/,
      inject: `sed -i.kept 's/^SECRETS="/&npm-token /' /etc/realm-cluster/host.env`,
      mend: `mv /etc/realm-cluster/host.env.kept /etc/realm-cluster/host.env; ${again}`,
    },
    {
      what: "a wrong checksum",
      host: "core-services-06",
      step: "consul",
      reason: /^Refusing http:.*consul.*: its sha256 is [0-9a-f]{64}, the configured one is 0{64}$/,
      log: /Downloading http:/,
      inject: `${keepDownloads}; sed -i 's/^CONSUL_SHA256=.*/CONSUL_SHA256=${"0".repeat(64)}/' ${DOWNLOADS}`,
      mend: restoreDownloads,
    },
    {
      what: "a mirror that is down",
      host: "core-services-07",
      step: "node",
      reason: /^Could not download http:\/\/mirror\.internet\.test:81\/.*: curl: \(28\)/,
      log: /Trying again in 1 s: curl: \(28\)/,
      inject: `${keepDownloads}; sed -i '/^NODE_URL=/s#//[^/]*#&:81#' ${DOWNLOADS}`,
      mend: restoreDownloads,
    },
    {
      what: "a registry that answers 401",
      host: "core-services-08",
      step: "realm",
      reason: /^npm could not install the Realm packages from http:\/\/127\.0\.0\.1:4873\/: .+/,
      log: /npm ERR! code E401/,
      inject: async (host) => {
        await boots.copy(host, "/root/npm.tar.gz", packedNpm);
        await boots.exec(host, withRegistry);
      },
      mend: `sed -i 's/node realm/node+realm/' ${HOST}; base64 -d <<<${artifactStep} >/opt/realm-cluster/realm.sh; ${restoreDownloads}`,
    },
    {
      what: "a full disk",
      host: "core-services-09",
      step: "consul",
      reason: /^Could not download .*: curl: \(23\)/,
      log: /100% \/tmp/,
      inject: "mount -t tmpfs -o size=4m tmpfs /tmp",
      mend: "umount /tmp",
    },
    {
      what: "Consul that cannot join",
      host: "core-services-10",
      step: "ready",
      reason: /^consul-agent was not ready within 40 s: .*No known Consul servers/,
      log: /Failed to join [\d.:]+: dial tcp .*: no route to host/,
      inject: `${founders} ip route add unreachable $address; done`,
      mend: `${founders} ip route del unreachable $address; done`,
    },
    {
      what: "an app that crashes at its start",
      host: "core-services-11",
      step: "ready",
      reason: /^core-services\.service ends again and again: Port 9080 does not answer/,
      log: /Error: a broken release/,
      inject: "sed -i '1i throw new Error(\"a broken release\");' /opt/realm/coreServices.js",
      mend: "sed -i 1d /opt/realm/coreServices.js",
    },
    {
      what: "a clock that is far off",
      host: "core-services-12",
      step: "clock",
      reason: /^The clock is (7199|7200) s ahead of AWS's$/,
      inject: (host) => cluster.local.setClock(boots.instanceId(host), 7200),
      mend: (host) => cluster.local.setClock(boots.instanceId(host), 0),
    },
    {
      what: "a volume that is missing",
      host: "consul-04",
      step: "volume",
      reason: /^The data volume vol-\w+ was not attached within 45 s$/,
      log: /Waiting for vol-/,
      inject: async (host) => {
        await ec2.send(new DetachVolumeCommand(await attachmentOf(host)));
        await boots.exec(host, `while ls ${DATA} 2>/dev/null; do sleep 0.1; done`);
      },
      mend: async (host) => {
        await ec2.send(new AttachVolumeCommand(await attachmentOf(host)));
      },
    },
    {
      what: "a volume with somebody else's file system",
      host: "consul-05",
      step: "volume",
      reason: /^Refusing to format vol-\w+: it holds unexpected content \(.*LABEL=stranger/,
      inject: `mkfs.ext4 -q -L stranger ${DATA}; sha256sum <(head -c 1048576 ${DATA}) >/root/sum`,
      mend: `sha256sum <(head -c 1048576 ${DATA}) | cut -c 1-64 | grep -q -f - /root/sum; e2label ${DATA} realm-data`,
    },
  ];
  /** A host that never reports: its boot does not begin. */
  const silent = "core-services-13";
  /** What is stated for it, of the tests' `bootTimeoutMinutes`. */
  const SILENT_SECONDS = silentSeconds(BOOT_TIMEOUT_MINUTES * 60);

  const carryOut = async (action: Fault["inject"] | undefined, host: string): Promise<void> => {
    if (typeof action === "string") await boots.exec(host, action);
    else await action?.(host);
  };
  const grown = all(setting("consul", { servers: 5 }), setting("coreServices", { nodes: 13 }));

  /** What is different on a host that something was done to: its instance, its boot report, its processes. */
  async function traces(hosts: string[]): Promise<string[]> {
    const units = "consul sync-worker core-services realm-directory realm-cluster-boot";
    const script = `systemctl show --property Id,ActiveState,MainPID,NRestarts ${units} | paste -s -d ' '`;
    return Promise.all(
      hosts.map(async (name) => {
        const Name = `/realm-cluster/${defaultStack}/boot/${name}`;
        const { Parameter } = await ssm.send(new GetParameterCommand({ Name }));
        return [name, cluster.instanceId(name), Parameter!.Value, await cluster.exec(name, script)].join(" ");
      }),
    );
  }

  let others: string[];
  let before: string[];
  let failed: Updated;
  const rows = [["fault", "host", "step", "seconds", "reason"]];

  beforeAll(async () => {
    cluster = await deployed(dayTwo);
    ec2 = new EC2Client(cluster.local.client);
    ssm = new SSMClient(cluster.local.client);
    packedNpm = packNpm(await ensureHostNodeWithNpm(console.error));
    others = cluster.outputs.hosts.map(({ name }) => name);
    before = await traces(others);
    boots = new HeldBoots(cluster, [...faults.map(({ host }) => host), silent]);
    const update = cluster.up(grown, boots.onEvent, 64);
    const tooEarly = update.then(({ output }) => Promise.reject(new Error(output)));
    tooEarly.catch(() => undefined);
    try {
      await Promise.race([boots.held(), tooEarly]);
      // The first two take turns with what they change for all hosts.
      const injected = ({ host, inject }: Fault) => carryOut(inject, host);
      const [first, second, ...rest] = faults;
      await Promise.all([injected(first).then(() => injected(second)), ...rest.map(injected)]);
      for (const { host } of faults) if (!boots.lastStep.has(host)) await boots.release(host);
    } finally {
      failed = await update;
    }
  }, 20 * 60_000);

  afterAll(async () => {
    console.info(rows.map((row) => row.join(" | ")).join("\n"));
    // A cluster starts sooner than thirteen hosts leave one.
    await npm("stop");
  });

  test.each(faults.map((fault) => [fault.what, fault] as const))(
    "for %s is told within a minute, with its host, step, reason and last lines",
    (what, { host, step, reason, log }) => {
      expect(failed.ok).toBe(false);
      const { lines, at } = boots.failureOf(host) ?? { lines: [failed.output], at: Infinity };
      const [, failedAt, why] = /^\S+ failed at (\w+): (.*)$/.exec(lines[0]) ?? [];
      const seconds = (at - boots.lastStep.get(host)!) / 1000;
      rows.push([what, host, failedAt, seconds.toFixed(1), why]);
      expect({ line: lines[0], step: failedAt }).toEqual({ line: lines[0], step });
      expect(why).toMatch(reason);
      if (log) expect(lines.slice(1).join("\n")).toMatch(log);
      expect(seconds).toBeLessThan(60);
    },
  );

  test("or does not begin is told in the time that is stated, with the last lines of its console", () => {
    const { lines, at } = boots.failureOf(silent)!;
    const seconds = (at - boots.awaited.get(silent)!) / 1000;
    rows.push(["a host that never reports", silent, "-", seconds.toFixed(1), lines[0]]);
    expect(lines[0]).toMatch(/^core-services-13 \(i-\w+\) failed: nothing was heard from it for 80 seconds$/);
    expect(lines[1]).toBe("Its console says:");
    expect(lines.slice(2).join("\n")).toMatch(/cloud-init|systemd|Started/);
    expect(seconds).toBeLessThan(SILENT_SECONDS + 15);
  });

  test("leaves the other hosts as they were", async () => {
    expect(boots.failures.map(({ host }) => host).sort()).toEqual([...faults.map(({ host }) => host), silent].sort());
    expect(await traces(others)).toEqual(before);
  });

  test("is no hindrance once it is mended: the next update waits for its next attempt, and ends well", async () => {
    for (const { host, mend } of faults) await carryOut(mend, host);
    await boots.release(silent);
    const began = Date.now();
    const finished = await cluster.up(grown, undefined, 64);
    console.info(`the update after the mend took ${((Date.now() - began) / 1000).toFixed(1)} s`);
    if (!finished.ok) throw new Error(finished.output);
    const names = [...others, ...faults.map(({ host }) => host), silent];
    expect(cluster.outputs.hosts.map(({ name }) => name).sort()).toEqual(names.sort());
    // No instance was made anew for it.
    for (const host of [...faults.map((fault) => fault.host), silent]) {
      expect({ host, id: cluster.instanceId(host) }).toEqual({ host, id: boots.instanceId(host) });
    }
    expect(await traces(others)).toEqual(before);
  });
});
