import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import * as settings from "@pulumi/pulumi/runtime/settings";
import { parse } from "yaml";
import program from "../../index";
import { SIGNATURE } from "../../local/plugins/core/wire";
import type { RealmsFate } from "../../plan/facts";

/** A resource as the program registered it. */
export interface Registered {
  urn: string;
  type: string;
  name: string;
  custom: boolean;
  /** The URN of its parent, the empty string for none. */
  parent: string;
  inputs: Record<string, unknown>;
  /** Names of inputs that are secret. */
  secrets: string[];
  dependencies: string[];
  options: {
    deleteBeforeReplace: boolean;
    retainOnDelete: boolean;
    protect: boolean;
    /** The value whose change replaces it; undefined for none. */
    replacementTrigger: unknown;
    ignoreChanges: string[];
    replaceOnChanges: string[];
  };
}

/** What a run of the whole program gave. */
export interface Deployment {
  resources: Registered[];
  /** The stack's outputs. */
  outputs: Record<string, unknown>;
  /** Names of outputs that are secret. */
  secretOutputs: string[];
  ofType: (type: string) => Registered[];
}

/** The URNs of everything that a resource waits for, directly or not. */
export function waitsFor(resource: Registered, { resources }: Deployment): Set<string> {
  const seen = new Set<string>();
  const queue = [...resource.dependencies];
  for (let urn = queue.pop(); urn !== undefined; urn = queue.pop()) {
    if (seen.has(urn)) continue;
    seen.add(urn);
    queue.push(...(resources.find((other) => other.urn === urn)?.dependencies ?? []));
  }
  return seen;
}

export const KEY = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});
export const SECRETS = {
  feature: "feature-token-text",
  npm: "npm-token-text",
  gossip: "gossip-key-text",
  password: "pw-text",
  consulToken: "01234567-89ab-cdef-0123-456789abcdef",
};

const root = join(__dirname, "../..");

/** The configuration that a stack's file gives, in the form in which the engine hands it to a program, with secrets. */
export function stackConfig(stack: string): Record<string, string> {
  const file = readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8");
  const { config } = parse(file) as { config: Record<string, unknown> };
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return {
    ...Object.fromEntries(Object.entries(config).map(([key, value]) => [key, text(value)])),
    "realm-cluster:featureToken": SECRETS.feature,
    "realm-cluster:npmToken": SECRETS.npm,
  };
}

/** That of the guide's cluster, with what its file leaves to the operator. */
function devConfig(): Record<string, string> {
  return { ...stackConfig("dev"), "realm-cluster:loadBalancer": JSON.stringify({ allowedCidrs: ["203.0.113.0/24"] }) };
}

/** What hosts that exist have reported of their boot, by host. */
export type Reports = Record<string, "ready" | "booting" | "failed">;

/** What the last deployment decided about the Realms of hosts, by host. */
export type Fates = Record<string, RealmsFate>;

/**
 * Runs the whole program against mocks, and returns when every resource is registered.
 *
 * @param reports of the cluster that runs; none before the first deployment
 * @param fates by host: what the tags of its volumes say of the Realms on them, as the last deployment left them
 */
export async function deploy(
  changes: Record<string, string> = {},
  stack = "dev",
  reports: Reports = {},
  fates: Fates = {},
): Promise<Deployment> {
  const { stackTraceLimit } = Error;
  // Pulumi's SDK formats a stack trace for every promise that it makes, which is most of what a run takes.
  Error.stackTraceLimit = 0;
  return run(changes, stack, reports, fates).finally(() => (Error.stackTraceLimit = stackTraceLimit));
}

async function run(
  changes: Record<string, string>,
  stack: string,
  reports: Reports,
  fates: Fates,
): Promise<Deployment> {
  const call = (args: pulumi.runtime.MockCallArgs) => looked(args, reports, fates);
  await pulumi.runtime.setMocks({ newResource: created, call }, "realm-cluster", stack);
  pulumi.runtime.setAllConfig({ ...devConfig(), ...changes }, ["realm-cluster:featureToken", "realm-cluster:npmToken"]);
  const requests: RegisterResourceRequest[] = [];
  const monitor = settings.getMonitor() as unknown as {
    registerResource: (request: RegisterResourceRequest, ...rest: unknown[]) => unknown;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, ...rest) => {
    requests.push(request);
    return register(request, ...rest);
  };
  const declared: Record<string, unknown> = await program();
  const outputs: Record<string, unknown> = {};
  const secretOutputs: string[] = [];
  for (const [name, value] of Object.entries(declared)) {
    const output = pulumi.output(value as string);
    outputs[name] = await new Promise((resolve) => output.apply(resolve));
    if (await pulumi.isSecret(output)) secretOutputs.push(name);
  }
  await pulumi.runtime.disconnect();
  const resources = requests.map(registered);
  return {
    resources,
    outputs,
    secretOutputs,
    ofType: (type) => resources.filter((resource) => resource.type === type),
  };
}

function registered(request: RegisterResourceRequest): Registered {
  const inputs = (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>;
  const isSecret = (value: unknown): value is { value: unknown } =>
    typeof value === "object" && value !== null && SIGNATURE in value;
  const plain = Object.entries(inputs).map(([key, value]) => [key, isSecret(value) ? value.value : value]);
  const parentType = request.getParent().split("::")[2];
  const type = parentType ? `${parentType.split("$").pop()}$${request.getType()}` : request.getType();
  return {
    urn: ["urn:pulumi:" + pulumi.getStack(), pulumi.getProject(), type, request.getName()].join("::"),
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent(),
    inputs: Object.fromEntries(plain),
    secrets: Object.keys(inputs).filter((key) => isSecret(inputs[key])),
    dependencies: request.getDependenciesList(),
    options: {
      deleteBeforeReplace: request.getDeletebeforereplace() ?? false,
      retainOnDelete: request.getRetainondelete() ?? false,
      protect: request.getProtect() ?? false,
      replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
      ignoreChanges: request.getIgnorechangesList(),
      replaceOnChanges: request.getReplaceonchangesList(),
    },
  };
}

/** What a provider would give a new resource beyond its inputs. */
const GIVEN: Record<string, (name: string, inputs: Record<string, string[] | undefined>) => Record<string, unknown>> = {
  "aws:ec2/networkInterface:NetworkInterface": (name, { privateIps }) => ({
    privateIp: privateIps?.[0] ?? `address of ${name}`,
  }),
  "aws:lb/loadBalancer:LoadBalancer": () => ({
    ...{ dnsName: "realm.elb.example.com", zoneId: "Z0ELB", arnSuffix: "app/realm/1" },
  }),
  "aws:lb/targetGroup:TargetGroup": () => ({ arnSuffix: "targetgroup/core/1" }),
  "aws:route53/zone:Zone": (name) => ({ zoneId: `id of ${name}` }),
  "pulumi:index:Stash": (_, { input }) => ({ output: input }),
  "tls:index/privateKey:PrivateKey": () => ({ privateKeyPem: KEY.privateKey, publicKeyPem: KEY.publicKey }),
  "aws:ssm/parameter:Parameter": (name) => ({ version: `version of ${name}` }),
  "random:index/randomBytes:RandomBytes": () => ({
    base64: SECRETS.gossip,
    hex: SECRETS.consulToken.replaceAll("-", ""),
  }),
  "tls:index/selfSignedCert:SelfSignedCert": (name) => ({ certPem: `certificate ${name}` }),
  "tls:index/certRequest:CertRequest": (name) => ({ certRequestPem: `request ${name}` }),
  "tls:index/locallySignedCert:LocallySignedCert": (name) => ({ certPem: `certificate ${name}` }),
  "random:index/randomPassword:RandomPassword": () => ({ result: SECRETS.password }),
  "random:index/randomId:RandomId": () => ({ hex: "0123abcd" }),
};

function created({ type, name, inputs }: pulumi.runtime.MockResourceArgs): {
  id: string;
  state: Record<string, unknown>;
} {
  const id = `${type.split(":").pop()} ${name}`;
  return { id, state: { name, arn: `arn of ${id}`, ...inputs, ...GIVEN[type]?.(name, inputs) } };
}

function looked(
  { token, inputs }: pulumi.runtime.MockCallArgs,
  reports: Reports,
  fates: Fates,
): Record<string, unknown> {
  const zoneOf = (id: string) => `eu-west-1${"abc"[Number(id.slice(-1))]}`;
  switch (token) {
    case "aws:index/getRegion:getRegion":
      return { region: "eu-west-1" };
    case "aws:index/getPartition:getPartition":
      return { partition: "aws" };
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId: "123456789012" };
    case "aws:index/getAvailabilityZones:getAvailabilityZones":
      return { names: ["eu-west-1a", "eu-west-1b", "eu-west-1c", "eu-west-1d"] };
    case "aws:ec2/getAmiIds:getAmiIds":
      return { ids: JSON.stringify(inputs.filters).includes("gone") ? [] : ["ami-0pinned"] };
    case "aws:route53/getZone:getZone":
      return { zoneId: inputs.zoneId, name: "example.com." };
    case "aws:ssm/getParametersByPath:getParametersByPath":
      return {
        names: Object.keys(reports).map((host) => `${inputs.path}/${host}`),
        values: Object.entries(reports).map(([host, state]) =>
          JSON.stringify({
            ...{ host, state, instanceId: `i-${host}`, bootId: "b" },
            ...{ step: "ready", steps: [], at: "" },
          }),
        ),
      };
    case "aws:ec2/getInstances:getInstances":
      return { ids: Object.keys(reports).map((host) => `i-${host}`) };
    case "aws:ebs/getEbsVolumes:getEbsVolumes": {
      const filters = (inputs.filters as { name: string; values: string[] }[]).map(({ name, values }) => [
        name,
        ...values,
      ]);
      const { "tag:Name": name, "tag:Realms": fate } = Object.fromEntries(filters) as Record<string, string>;
      const [, host] = /^realm-cluster-\w+-(.*)-data$/.exec(name)!;
      return { ids: fates[host] === fate ? [`vol-${host}`] : [] };
    }
    case "aws:ec2/getVpc:getVpc":
      return { id: inputs.id, cidrBlock: "172.16.0.0/16" };
    case "aws:ec2/getSubnet:getSubnet": {
      const id = String(inputs.id);
      return { id, vpcId: "vpc-0ad0", availabilityZone: zoneOf(id), cidrBlock: `172.16.${id.slice(-1)}.0/24` };
    }
    default:
      throw new Error(`the program asked for ${token}`);
  }
}
