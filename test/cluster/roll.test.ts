/** A change of hosts goes through the cluster one host at a time, and stops at the first that does not come back. */
import { type Deployment, type Updated, dayTwo, deployed, setting } from "./deployment";
import { SteadyWriter } from "./steadyWriter";
import { describeOnHosts } from "./support";

jest.setTimeout(10 * 60_000);

const INSTANCE = "aws:ec2/instance:Instance";

/** What became of instances, as the engine tells it: `delete-replaced consul-01`, `create-replacement consul-01`, ... */
const instanceSteps = ({ changes }: Updated) =>
  changes.filter(({ type, op }) => type === INSTANCE && op !== "replace").map(({ name, op }) => `${op} ${name}`);
const replaced = (...hosts: string[]) =>
  hosts.flatMap((host) => [`delete-replaced ${host}`, `create-replacement ${host}`]);

describeOnHosts("a roll", () => {
  let cluster: Deployment;
  const servers = (instanceType: string) => setting("consul", { instanceType });

  beforeAll(async () => {
    cluster = await deployed(dayTwo);
  }, 20 * 60_000);

  test("stops at a server that does not come back; the next begins with that one, and Consul serves all the while", async () => {
    const writer = await SteadyWriter.start(cluster, "sync-default-01");
    const identity = await identities();
    // The boot refuses a disk that is not the cluster's own.
    const label = (name: string) => `e2label "$(findmnt -no SOURCE /var/lib/realm-cluster)" ${name}`;
    await cluster.exec("consul-02", label("stranger"));

    const stopped = await cluster.up(servers("t3.large"));
    expect(stopped.ok).toBe(false);
    expect(stopped.output).toMatch(/consul-02 failed at volume: Refusing to format .*LABEL=stranger/);
    expect(instanceSteps(stopped)).toEqual(replaced("consul-01", "consul-02"));

    await mend("consul-02");
    const began = Date.now();
    const finished = await cluster.up();
    expect(finished).toMatchObject({ ok: true });
    // By their names alone the first server, which works, would have gone before the broken one.
    expect(instanceSteps(finished)).toEqual(replaced("consul-02", "consul-01"));
    console.log(`rolled two servers in ${((Date.now() - began) / 1000).toFixed(1)} s`);

    expect(await identities()).toEqual(identity);
    const written = await writer.stop();
    console.log(`writes to Consul during two rolls: ${JSON.stringify(written)}`);
    expect(written.longestGap.seconds).toBeLessThan(10);
  });

  /** Node ids and addresses of the servers: what must be the same after a replacement. */
  async function identities(): Promise<string[]> {
    const { Servers } = await cluster.consul<{
      Servers: { ID: string; Name: string; Address: string; Voter: boolean }[];
    }>("operator/autopilot/health", "sync-default-01");
    return Servers.map(({ ID, Name, Address, Voter }) => [Name, ID, Address, Voter].join(" ")).sort();
  }

  /** Gives the disk its name back, and keeps the boot from mending itself before the next roll. */
  async function mend(host: string): Promise<void> {
    const { Reservations } = await cluster.aws<{ Reservations: { Instances: { InstanceId: string }[] }[] }>(
      "ec2 describe-instances",
      ...["--filters", `Name=tag:Name,Values=*-${host}`, "Name=instance-state-name,Values=running"],
    );
    const [{ InstanceId }] = Reservations[0].Instances;
    const script =
      "systemctl stop realm-cluster-boot && e2label /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_* realm-data";
    expect(await cluster.local.exec(InstanceId, ["bash", "-c", script])).toMatchObject({ code: 0 });
  }
});
