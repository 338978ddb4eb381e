/** What somebody gets who has got onto a host, and where the cluster's secrets are. */
import { EC2 } from "@aws-sdk/client-ec2";
import { SSM } from "@aws-sdk/client-ssm";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { awsDir, stateDir } from "../../local/cluster/paths";
import type { Plan } from "../../plan";
import { eventually } from "./awsCli";
import { deployedPlan } from "./deployedPlan";
import { type Deployment, dayTwo, deployed, setting } from "./deployment";
import { npm } from "./localCluster";
import { allowedIn } from "./secretAllowances";
import { collectFromAws, collectJournals, placesOnDisk } from "./secretPlaces";
import { Collection, ProcessWatch, type Searched, search } from "./secretSearch";
import { needlesOf, secretValues } from "./secretValues";
import { Stranger } from "./stranger";
import { describeOnHosts } from "./support";

jest.setTimeout(5 * 60_000);

describeOnHosts("a host", () => {
  let cluster: Deployment;
  let plan: Plan;
  beforeAll(async () => {
    cluster = await deployed(dayTwo);
    plan = await deployedPlan();
  }, 20 * 60_000);

  /** What a script prints on each host. */
  const onAll = async (script: (host: Plan["hosts"][number]) => string) =>
    Object.fromEntries(
      await Promise.all(
        plan.hosts.map(async (host) => [host.name, await cluster.exec(host.name, script(host))] as const),
      ),
    );
  const same = (answer: string) => Object.fromEntries(plan.hosts.map(({ name }) => [name, answer]));

  test("answers metadata requests with a token only, across no hop; has encrypted disks, and no key pair", async () => {
    const asked = (how: string) => `curl -s -o /dev/null -w '%{http_code}' ${how}`;
    const metadata = "http://169.254.169.254/latest/meta-data/";
    expect(await onAll(() => asked(metadata))).toEqual(same("401"));
    const token = `$(curl -s -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)`;
    expect(await onAll(() => asked(`-H "X-aws-ec2-metadata-token: ${token}" ${metadata}`))).toEqual(same("200"));
    const ec2 = new EC2(cluster.local.client);
    const InstanceIds = cluster.outputs.hosts.map(({ instanceId }) => instanceId);
    const { Reservations = [] } = await ec2.describeInstances({ InstanceIds });
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    expect(instances).toHaveLength(plan.hosts.length);
    for (const { MetadataOptions, KeyName } of instances) {
      expect(MetadataOptions).toMatchObject({ HttpTokens: "required", HttpPutResponseHopLimit: 1 });
      expect(KeyName).toBeUndefined();
    }
    const { Volumes = [] } = await ec2.describeVolumes({
      Filters: [{ Name: "attachment.instance-id", Values: InstanceIds }],
    });
    // A root disk each, and a data volume where there is state.
    expect(Volumes).toHaveLength(plan.hosts.length + plan.hosts.filter(({ volumeGiB }) => volumeGiB).length);
    expect(Volumes.filter(({ Encrypted }) => !Encrypted)).toEqual([]);
  });

  test("has no SSH", async () => {
    const traces = (port: number, program: string, units: string, file: string) =>
      [
        `ss -Hlnt 'sport = :${port}'`,
        `pgrep -x ${program} || true`,
        `systemctl list-unit-files --no-legend '${units}'`,
        `find / -xdev -name ${file} -size +0 -exec cat {} +`,
      ].join("; ");
    expect(await onAll(() => traces(22, "sshd", "ssh*", "authorized_keys"))).toEqual(same(""));
    // Where there are any, they are seen.
    expect(await cluster.exec("consul-01", traces(8300, "consul", "consul.service", "consul.service"))).toMatch(
      /:8300\b[^]*\n\d+\nconsul\.service [^]*ExecStart=/,
    );
  });

  test("runs each service as a user of its own, who can read the service's credentials and no others", async () => {
    // The others of a service's units serve it, and end.
    const services = (host: Plan["hosts"][number]) => host.services.flatMap(({ units }) => units.slice(-1));
    const owners = await onAll((host) =>
      services(host)
        .map((unit) => `echo ${unit} $(stat -c %U /proc/$(systemctl show -P MainPID ${unit}))`)
        .join("; "),
    );
    expect(owners).toEqual(
      Object.fromEntries(
        plan.hosts.map((host) => [
          host.name,
          services(host)
            .map((unit) => `${unit} ${unit.replace(".service", "")}`)
            .join("\n"),
        ]),
      ),
    );
    const readable = await onAll((host) => {
      const users = [...services(host).map((unit) => unit.replace(".service", "")), "nobody"].join(" ");
      const files = "$(find /etc/realm-cluster/secrets /run/credentials /run/consul -type f)";
      return `for user in ${users}; do for file in ${files}; do runuser -u $user -- cat $file >/dev/null 2>&1 && echo $user $file; done; done; true`;
    });
    const foreign = Object.entries(readable).flatMap(([host, lines]) =>
      lines
        .split("\n")
        .filter((line) => {
          const [, user, directory] = /^(\S+) \/run\/(?:credentials\/)?([^/]+?)(?:\.service)?\//.exec(line) ?? [];
          // What gives the tokens out acts for Consul.
          return user === undefined || user !== directory.replace(/^consul-acl$/, "consul");
        })
        .map((line) => `${host}: ${line}`),
    );
    expect(foreign).toEqual([]);
    // So the search has found what each may read.
    for (const host of plan.hosts) expect(readable[host.name].split("\n").length).toBeGreaterThanOrEqual(2);
  });

  test("keeps its secrets in files of mode 0400 that are root's", async () => {
    const kept = await onAll(
      () => "find /etc/realm-cluster/secrets -printf '%m %u:%g %y %f\\n' | sort; stat -c %a /etc/realm-cluster/secrets",
    );
    expect(kept).toEqual(
      Object.fromEntries(
        plan.roles.map(({ name, secrets }) => [
          name,
          [...secrets.map((secret) => `400 root:root f ${secret}`), "700 root:root d secrets", "700"].join("\n"),
        ]),
      ),
    );
  });

  test("lets nobody in as realm-admin with an empty password", async () => {
    const logIn = (password: string) =>
      cluster.fetch("/auth", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          ...{ app_id: "io.realm.auth", provider: "password", data: "realm-admin" },
          user_info: { password, register: false },
        }),
      });
    for (const wrong of ["", " ", "realm-admin"]) expect([wrong, (await logIn(wrong)).status]).toEqual([wrong, 401]);
    expect((await logIn(await cluster.secret("ros-default-password"))).status).toBe(200);
  });

  describe("and all of the cluster", () => {
    /** A secret of nobody's, put everywhere: what finds it there would find any. */
    const planted = `planted-${randomBytes(9).toString("hex")}`;
    const inState = `${stateDir}/.pulumi/planted`;
    const inAws = `${awsDir}/planted`;
    const onHost = "core-services-01";
    let collection: Collection;
    let searched: Searched[];
    let stranger: Stranger | undefined;
    let watch: ProcessWatch | undefined;
    let values: Map<string, string>;

    beforeAll(async () => {
      collection = new Collection();
      stranger = await Stranger.launch(cluster, `#!/bin/sh\necho ${planted} >/dev/console\n`);
      await plant();
      watch = new ProcessWatch();
      values = await secretValues(cluster, plan.names.secretPath);
      await collectFromPulumi();
      const before = values;
      values = await secretValues(cluster, plan.names.secretPath);
      for (const [name, value] of before) if (values.get(name) !== value) values.set(`${name} of before`, value);
      await collectFromAws(cluster, plan, collection);
      await collectJournals(cluster, collection);
      const printed = async (command: string) =>
        collection.add("printed by commands", command, await npm(command).catch((error: Error) => error.message));
      await Promise.all(["status", "diagnose", "doctor"].map(printed));
      for (const [name, text] of watch.stop()) {
        const [kind, from] = name.split("\t");
        collection.add(kind, from, text);
      }
      const needles = [...values, ["planted", planted] as const].flatMap(([name, value]) => needlesOf(name, value));
      searched = [];
      const places = [...collection.places(), ...(await placesOnDisk(cluster))];
      for (const place of places) searched.push(await search(needles, place));
    }, 10 * 60_000);
    afterAll(async () => {
      watch?.stop();
      collection?.end();
      await stranger?.end();
      for (const file of [inState, inAws]) rmSync(file, { recursive: true, force: true });
      await cluster.exec(onHost, "systemctl stop planted; rm -f /var/tmp/planted /run/planted");
      await cluster.exec("sync-default-01", "rm -f /var/lib/realm-cluster/planted");
    });

    /** Each in another writing. */
    async function plant(): Promise<void> {
      writeFileSync(inState, JSON.stringify(Buffer.from(`{"a":"${planted}"}`).toString("base64")));
      mkdirSync(inAws);
      writeFileSync(`${inAws}/log`, `at ${encodeURIComponent(planted)}`);
      const hex = Buffer.from(planted).toString("hex");
      await cluster.exec(onHost, `echo 'say "${planted}"' | base64 >/var/tmp/planted; echo ${hex} >/run/planted`);
      await cluster.exec(onHost, `logger said ${planted}`);
      await cluster.exec(
        onHost,
        `systemd-run --quiet --unit planted env PLANTED=${planted} bash -c 'while sleep 900; do :; done' ${planted}`,
      );
      await cluster.exec("sync-default-01", `echo ${planted} >/var/lib/realm-cluster/planted`);
      const ssm = new SSM(cluster.local.client);
      const { Command } = await ssm.sendCommand({
        InstanceIds: [cluster.instanceId(onHost)],
        DocumentName: "AWS-RunShellScript",
        Parameters: { commands: [`echo ${planted}`] },
      });
      await eventually(
        () => ssm.listCommands({ CommandId: Command!.CommandId }),
        ({ Commands }) => Commands?.[0].Status === "Success",
      );
    }

    /** A key is made anew, under the name of what is planted: what Pulumi says and writes of that is collected. */
    async function collectFromPulumi(): Promise<void> {
      const change = setting("rotation", { gossipKey: planted });
      collection.add("previews", "npm run preview", await cluster.readablePreview(change));
      collection.add("previews", "pulumi preview --diff", await cluster.pulumi(change, "preview", "--diff"));
      const events: string[] = [];
      const debugEvents: string[] = [];
      const { ok, output } = await cluster.up(change, (event) => {
        const isDebug = String(event.diagnosticEvent?.severity) === "debug";
        (isDebug ? debugEvents : events).push(JSON.stringify(event));
      });
      expect({ ok, output }).toMatchObject({ ok: true });
      collection.add("engine events", "up", events.join("\n"));
      collection.add("engine events of --debug", "up", debugEvents.join("\n"));
      collection.add("printed by commands", "up", output);
      collection.add(
        "printed by commands",
        "pulumi stack output",
        await cluster.pulumi(change, "stack", "output", "--json"),
      );
      collection.add("printed by commands", "pulumi stack export", await cluster.pulumi(change, "stack", "export"));
    }

    test("is searched with eyes that see: what was planted is found in every kind of place", () => {
      const kinds = searched.filter(({ found }) => found.some(({ needle }) => needle.secret === "planted"));
      expect(kinds.map(({ kind }) => kind).sort()).toEqual(
        [
          ...[
            "Pulumi's state",
            "console output",
            "engine events",
            "engine events of --debug",
            "history of commands",
            "journals",
            "previews",
          ],
          ...["printed by commands", "command lines", "environments", "the local AWS's files and logs"],
          ...["the disk of core-services-01", "the memory file systems and the data volume of core-services-01"],
          ...[
            "the memory file systems and the data volume of sync-default-01",
            "the stack's configuration",
            "user data",
          ],
        ].sort(),
      );
    });

    test("has its secrets nowhere but where they must be", () => {
      const rows = searched.map(({ kind, files, bytes, found }) => {
        const secrets = new Set(found.map(({ needle }) => needle.secret).filter((secret) => secret !== "planted"));
        return [kind, files, `${(bytes / 2 ** 20).toFixed(1)} MiB`, [...secrets].join(", ")].join(" | ");
      });
      console.info(
        [`${values.size} secrets: ${[...values.keys()].join(", ")}`, "place | files | size | found", ...rows].join(
          "\n",
        ),
      );
      expect(searched.filter(({ bytes }) => bytes === 0).map(({ kind }) => kind)).toEqual([]);
      const strays = searched
        .flatMap(({ found }) => found)
        .filter(({ needle }) => needle.secret !== "planted")
        .filter((one) => !allowedIn(one, plan))
        .map(({ kind, file, needle }) => `${needle.secret} as ${needle.as} in ${kind}: ${file}`);
      expect([...new Set(strays)]).toEqual([]);
    });
  });
});
