/** There is one Realm directory, and never two: while its host dies, while its host hangs, and when it comes back. */
import { join } from "node:path";
import { EC2Client, StopInstancesCommand } from "@aws-sdk/client-ec2";
import { freeze, thaw } from "../../local/aws/cgroup";
import { cgroupsOf } from "../../local/aws/options";
import { localName } from "../../local/cluster/paths";
import { eventually } from "./awsCli";
import { type Deployment, dayTwo, deployed } from "./deployment";
import { DirectoryWitness, holderOfLock } from "./directoryWitness";
import { SteadyClient } from "./steadyClient";
import { describeOnHosts } from "./support";

jest.setTimeout(4 * 60_000);

/** Until Consul sees that a host is gone, the delay of its lock, and a start of the directory. */
const TAKEOVER_SECONDS = 60;
/** Until a host that goes on takes out of Consul what its directory left there. */
const FORGETTING_SECONDS = 5;

describeOnHosts("the Realm directory", () => {
  let cluster: Deployment;
  let witness: DirectoryWitness;
  const hosts = ["core-services-01", "core-services-02"];
  const other = (host: string) => hosts.find((name) => name !== host)!;

  beforeAll(async () => {
    cluster = await deployed(dayTwo);
  }, 20 * 60_000);
  beforeEach(async () => {
    witness = await DirectoryWitness.start(cluster, hosts);
  });
  afterEach(() => witness.stop());

  test("is taken over when its host dies, and stays there when that comes back; there are never two", async () => {
    const first = await holderOfLock(cluster);
    const second = other(first);
    const id = cluster.instanceId(first);
    const client = await SteadyClient.start(cluster.outputs.studioUrl, cluster.outputs.adminToken);
    await served(first);

    const died = now();
    await new EC2Client(cluster.local.client).send(
      new StopInstancesCommand({ InstanceIds: [id], SkipOsShutdown: true }),
    );
    const answered = await answersAgain(died);
    await served(second);
    await eventually(async () => client.experience, quietFor(5), 60);
    const seen = await client.stop();
    const [before, after] = witness.served;
    console.info(
      `the directory's host died: the last answer after ${(before.to - died).toFixed(3)} s, the first of the other after ` +
        `${(after.from - died).toFixed(1)} s, through the load balancer after ${answered.toFixed(1)} s; ` +
        `clients meanwhile: ${JSON.stringify(seen)}`,
    );
    expect(after.from - died).toBeLessThan(TAKEOVER_SECONDS);

    await cluster.aws("ec2 start-instances --instance-ids", id);
    await cluster.untilHealthy();
    // As the lock is taken by whoever waits for it first, it would be now.
    await waitsForLock(first);
    expect(await holderOfLock(cluster)).toBe(second);
    expectOneAfterTheOther(first, second);
    expect(order(witness.listened)).toEqual([first, second]);
    // Of a host that comes back Consul knows what it knew last, until that host tells what it forgot.
    expect(witness.registeredTwice).toBeLessThan(FORGETTING_SECONDS);
  });

  test("is not kept from Consul by a server without power: hosts give such a connection up in seconds", async () => {
    const retries = cluster.outputs.hosts.map(({ name }) => cluster.exec(name, "cat /proc/sys/net/ipv4/tcp_retries2"));
    expect((await Promise.all(retries)).map((text) => text.trim())).toEqual(retries.map(() => "4"));
  });

  test("ends before another begins when its host's Consul agent hangs", async () => {
    const first = await holderOfLock(cluster);
    const second = other(first);
    await served(first);
    const hung = now();
    await cluster.exec(first, "systemctl kill --signal=STOP consul");
    try {
      await served(second);
    } finally {
      await cluster.exec(first, "systemctl kill --signal=CONT consul");
    }
    await waitsForLock(first);
    await cluster.untilHealthy();
    const [before, after] = witness.served;
    console.info(
      `the Consul agent of the directory's host hung: the last answer after ${(before.to - hung).toFixed(1)} s, the first of the ` +
        `other after ${(after.from - hung).toFixed(1)} s`,
    );
    expectOneAfterTheOther(first, second);
    expect(order(witness.listened)).toEqual([first, second]);
    expect(witness.registeredTwice).toBeLessThan(FORGETTING_SECONDS);
  });

  test("does not serve a second time when its host hangs for longer than the lock, and then goes on", async () => {
    const first = await holderOfLock(cluster);
    const second = other(first);
    const processes = join(cgroupsOf(localName).hosts, cluster.instanceId(first), "boot");
    await served(first);
    const hung = now();
    freeze(processes);
    try {
      await served(second);
    } finally {
      thaw(processes);
    }
    const thawed = now();
    await waitsForLock(first);
    await cluster.untilHealthy();
    console.info(
      `the directory's host hung: the other answered after ${(witness.served.at(-1)!.from - hung).toFixed(1)} s; it went on after ` +
        `${(thawed - hung).toFixed(1)} s`,
    );
    // It listened while it hung, and answers none of those whom that let in.
    expectOneAfterTheOther(first, second);
    expect(witness.registeredTwice).toBeLessThan(FORGETTING_SECONDS);
  });

  const now = () => Date.now() / 1000;
  const order = (terms: { host: string }[]) => terms.map(({ host }) => host);
  const served = (host: string) =>
    eventually(
      async () => order(witness.served),
      (all) => all.includes(host),
      2 * TAKEOVER_SECONDS,
    );

  function expectOneAfterTheOther(first: string, second: string): void {
    const { directories, consul } = witness.looks;
    console.info(
      `${directories} looks at the two hosts, ${consul} at Consul, which had two for ${witness.registeredTwice.toFixed(2)} s`,
    );
    expect(order(witness.served)).toEqual([first, second]);
    expect(order(witness.held)).toEqual([first, second]);
  }

  /** After how many seconds the directory was reached through the load balancer. */
  async function answersAgain(since: number): Promise<number> {
    const { adminToken: authorization } = cluster.outputs;
    const ask = () => cluster.fetch("/realms/files/%2F__admin", { headers: { authorization } });
    await eventually(ask, ({ status }) => status === 200, 2 * TAKEOVER_SECONDS);
    return now() - since;
  }

  /** Whether nothing has failed for so long. */
  const quietFor =
    (seconds: number) =>
    ({ failures }: { failures: { at: string }[] }) =>
      failures.every(({ at }) => Date.parse(at) / 1000 < now() - seconds);

  /** Waits until the host has a session of its own for the lock. */
  const waitsForLock = (host: string) =>
    eventually(
      () => cluster.consul<{ Name: string; Node: string }[]>("session/list"),
      (sessions) => sessions.some(({ Name, Node }) => Name === "realm-directory" && Node === host),
    );
});
