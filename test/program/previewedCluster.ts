/** A cluster that the program of today is previewed against: one that the last release deployed, or one of its own. */
import { EC2 } from "@aws-sdk/client-ec2";
import { SSM } from "@aws-sdk/client-ssm";
import { listChanges } from "../../preview/changes";
import { type Digest, nameOf, parseDigest } from "../../preview/digest";
import type { EngineProject } from "./engineProject";
import { Account, type Config, type Release, type Resource, deploy, openProject, readRelease } from "./release";

const INSTANCE = "aws:ec2/instance:Instance";

/** A cluster in a project of its own, whose program is the repository's. */
export class PreviewedCluster {
  private constructor(
    private readonly project: EngineProject,
    private readonly release: Release,
  ) {}

  /** As the last release left it: kept by `release.ts`. */
  static async released(stack: string): Promise<PreviewedCluster> {
    const { config, state, ...release } = readRelease(stack);
    const project = await openProject(stack);
    const account = await Account.prepare(project, config);
    await project.import(account.toLocal(JSON.stringify(state)));
    return this.booted(project, { ...release, state, config: account.toLocalConfig(config) });
  }

  /** As this program leaves it. */
  static async deployed(stack: string): Promise<PreviewedCluster> {
    const { project, account, release } = await deploy(stack);
    return this.booted(project, { ...release, config: account.toLocalConfig(release.config) });
  }

  private static async booted(project: EngineProject, release: Release): Promise<PreviewedCluster> {
    const cluster = new PreviewedCluster(project, release);
    await cluster.reportBoots();
    return cluster;
  }

  get version(): string {
    return this.release.version;
  }

  /** What `pulumi up`, with these arguments, would do with it, with a change of its configuration. */
  async preview(change: (config: Config) => Config = (config) => config, ...args: string[]): Promise<Digest> {
    this.project.configure(change(this.release.config));
    const { code, stdout, text } = await this.project.pulumi("preview", "--json", ...args);
    const digest = parseDigest(stdout);
    if (code !== 0 || !digest) throw new Error(`the preview of ${this.version}'s cluster failed:\n${text}`);
    return digest;
  }

  /**
   * The resources that an item of CHANGELOG.md means: `nothing`, `every host`, `every host with a Consul server` (`a sync worker`, `core
   * services`), or resources by type and name, in which `*` stands for any text.
   */
  named(item: string): string[] {
    if (item === "nothing") return [];
    const [, which] = /^every host(?: with (.+))?$/.exec(item) ?? [];
    const { resources } = this.release.state.deployment;
    const displayed = new Set(resources.map(({ type, urn }) => `${displayType(type)} ${nameOf(urn)}`));
    if (item.includes("*")) return [...displayed].filter((resource) => matches(item, resource));
    if (which === undefined && item !== "every host") return [item];
    return this.hosts()
      .filter((host) => which === undefined || this.carries(host, which))
      .flatMap(withHost)
      .filter((resource) => displayed.has(resource));
  }

  private hosts(): string[] {
    return this.release.state.deployment.resources
      .filter(({ type }) => type === INSTANCE)
      .map(({ urn }) => nameOf(urn));
  }

  private carries(host: string, what: string): boolean {
    const quorum = { "a Consul server": "consul", "a sync worker": "sync", "core services": "core-services" }[what];
    if (quorum === undefined) throw new Error(`CHANGELOG.md names hosts with ${what}, which none is known by`);
    const turn = this.resource(host, "command:local:Command", `${host}-turn`);
    return turn.inputs!.environment!.QUORUMS.split(" ").some((name) => name.split(":")[0] === quorum);
  }

  /** Every host runs and has reported that it is ready. */
  private async reportBoots(): Promise<void> {
    const hosts = this.hosts();
    const ec2 = new EC2(this.project.aws);
    const Tags = [{ Key: "Cluster", Value: this.release.state.deployment.resources[0].urn.split(":")[2] }];
    const wanted = { ImageId: "ami-0", MinCount: hosts.length, MaxCount: hosts.length };
    const { Instances = [] } = await ec2.runInstances({
      ...wanted,
      TagSpecifications: [{ ResourceType: "instance", Tags }],
    });
    const ssm = new SSM(this.project.aws);
    for (const [index, host] of hosts.entries()) {
      const { inputs } = this.resource(host, "aws:ssm/parameter:Parameter", host);
      const report = this.release.bootReport.replaceAll("HOST", host);
      const Value = report.replaceAll("INSTANCE", Instances[index].InstanceId!);
      await ssm.putParameter({ Name: inputs!.name, Type: "String", Value, Overwrite: true });
    }
  }

  private resource(host: string, type: string, name: string): Resource {
    const { resources } = this.release.state.deployment;
    const found = resources.find((resource) => resource.type === type && nameOf(resource.urn) === name);
    if (!found) throw new Error(`${this.version} made no ${type} ${name} for ${host}`);
    return found;
  }

  end(): Promise<void> {
    return this.project.end();
  }
}

/** What a preview replaces or deletes, by type and name. */
export function disturbed(digest: Digest): string[] {
  const gone = listChanges(digest)
    .filter(({ operation }) => /replace|delete/.test(operation))
    // A release of a plugin has a provider of its own, which AWS knows nothing of.
    .filter(({ type }) => !type.startsWith("pulumi:providers:"))
    .flatMap(({ type, names }) => names.map((name) => `${type} ${name}`));
  return [...new Set(gone)].sort();
}

/** What is replaced with a host's instance. */
const withHost = (host: string) => [
  `aws:ec2:Instance ${host}`,
  `aws:ec2:VolumeAttachment ${host}`,
  `aws:lb:TargetGroupAttachment ${host}`,
  `command:local:Command ${host}-drain`,
];

const matches = (pattern: string, text: string) => {
  const literal = (part: string) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${pattern.split("*").map(literal).join(".*")}$`).test(text);
};

const displayType = (type: string) => type.replace(/\/[^:/]*:/, ":");
