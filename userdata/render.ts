import { gzip } from "pako";
import { parse, stringify } from "yaml";
import { downloadFiles, downloadSecrets, type Downloads } from "./downloads";
import { environmentFile, staticFile, unitFile } from "./files";
import { likeBesideLike } from "./order";
import type { File, Package, SecretName, Service } from "./service";

/** EC2's limit on user data, in bytes before base64. */
export const userDataLimit = 16384;

/** All that a host's user data is made from. It names no secret's value and no id of AWS. */
export interface HostSpec {
  /** Host name, such as `consul-01`; also its name in Consul. */
  name: string;
  /** Name of the cluster. */
  cluster: string;
  /** What it runs, in start order. */
  services: Service[];
  downloads: Downloads;
  /** Path of the SSM parameters that hold the secrets, such as `/realm-cluster/dev/secrets`. */
  secretPath: string;
  /** SSM parameter that the host writes its boot report to, such as `/realm-cluster/dev/boot/consul-01`. */
  bootReport: string;
  /** Seconds that the services get to become ready after they were started, default 600. */
  readySeconds?: number;
}

/** A host's user data. */
export interface UserData {
  /** The `#cloud-config` document. */
  text: string;
  /** Compressed, and encoded for EC2. */
  base64: string;
  /** Compressed size before base64, which is what EC2 limits. */
  bytes: number;
}

/** The packages that a host installs, in install order. */
export function hostPackages(services: Service[]): Package[] {
  const wanted = new Set(services.flatMap((service) => service.installs));
  return (["consul", "node", "realm"] as const).filter((name) => wanted.has(name));
}

/** The npm packages that a host's programs need besides those that every Realm program does. */
function hostModules(services: Service[]): string[] {
  return [...new Set(services.flatMap(({ modules = [] }) => modules))].sort();
}

/** The secrets that a host reads: those of its services, and those that its downloads take. Its IAM policy allows these only. */
export function hostSecrets(services: Service[], downloads: Downloads): SecretName[] {
  const own = services.flatMap((service) => service.secrets);
  return [...new Set([...own, ...downloadSecrets(hostPackages(services), downloads)])].sort();
}

/**
 * The user data of a host: the same input gives the same bytes, on every machine.
 * @throws when two services want different contents in one file.
 */
export function renderUserData(host: HostSpec): UserData {
  const spec = { ...host, services: host.services.filter(({ apart }) => !apart) };
  const files = hostFiles(spec);
  const text = `#cloud-config\n${stringify(cloudConfig(spec, files), { lineWidth: 0, indentSeq: false })}`;
  const encoded = compress(text);
  return { text, base64: Buffer.from(encoded).toString("base64"), bytes: encoded.length };
}

/**
 * Refuses user data that EC2 would refuse.
 * @throws over `userDataLimit`, naming the largest files.
 */
export function checkUserDataSize(host: string, { bytes, text }: UserData): void {
  if (bytes <= userDataLimit) return;
  const files = (parse(text) as ReturnType<typeof cloudConfig>).write_files;
  const parts = files.map(({ path, content }) => ({ path, bytes: compress(content).length }));
  const largest = parts
    .sort((a, b) => b.bytes - a.bytes || a.path.localeCompare(b.path))
    .slice(0, 5)
    .map((part) => `${part.path} (${part.bytes} bytes)`);
  throw new Error(
    `The user data of ${host} takes ${bytes} bytes compressed; EC2 allows ${userDataLimit}. Largest parts: ${largest.join(", ")}.`,
  );
}

/** pako rather than Node's zlib: the output of zlib differs among releases, and each difference would replace the host. */
function compress(text: string): Uint8Array {
  return gzip(text, { level: 9 });
}

function cloudConfig(spec: HostSpec, files: File[]) {
  return {
    hostname: spec.name,
    preserve_hostname: false,
    manage_etc_hosts: "localhost",
    // cloud-init's own defaults are left out: root's, and 0644.
    write_files: files.map(({ path, content, mode }) => ({ path, ...(mode && { permissions: mode }), content })),
    runcmd: [
      // Once in an instance's life: an image that was made of a running host brings that host's identity and secrets along.
      ["rm", "-rf", "/etc/realm-cluster/instance.env", "/etc/realm-cluster/secrets"],
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "realm-cluster-boot.service"],
    ],
  };
}

function hostFiles(spec: HostSpec): File[] {
  const packages = hostPackages(spec.services);
  const stateful = spec.services.some((service) => service.stateful);
  const steps = bootSteps(stateful, packages, spec.downloads);
  const all = [
    ...["boot", "imds.py", "ssm.py", "lib.sh"].map((name) =>
      staticFile(`boot/${name}`, `/opt/realm-cluster/${name}`, name === "boot" ? "0755" : undefined),
    ),
    ...steps.flat().map((step) => staticFile(`steps/${step}`, `/opt/realm-cluster/steps/${step}`, "0755")),
    unitFile("realm-cluster-boot.service"),
    ...(stateful ? [unitFile("var-lib-realm\\x2dcluster.mount")] : []),
    hostEnvironment(spec, steps),
    ...downloadFiles(packages, hostModules(spec.services), spec.downloads),
    ...spec.services.flatMap((service) => service.files),
  ];
  return likeBesideLike(merge(all));
}

/**
 * The boot's steps in the order in which they run, those that need none of each other at once. npm comes with Node.js, and its token with the
 * secrets.
 */
function bootSteps(stateful: boolean, packages: Package[], { realm }: Downloads): string[][] {
  const byNpm = packages.filter((name) => name === "realm" && realm.from === "registry");
  const first = [...(stateful ? ["volume"] : []), "secrets", ...packages.filter((name) => !byNpm.includes(name))];
  return [first, byNpm, ["start"], ["ready"]].filter((group) => group.length > 0);
}

function hostEnvironment(spec: HostSpec, steps: string[][]): File {
  return environmentFile("/etc/realm-cluster/host.env", {
    HOST_NAME: spec.name,
    CLUSTER_NAME: spec.cluster,
    SECRET_PATH: spec.secretPath,
    BOOT_REPORT: spec.bootReport,
    BOOT_STEPS: steps.map((group) => group.join("+")).join(" "),
    SECRETS: hostSecrets(spec.services, spec.downloads).join(" "),
    UNITS: spec.services.flatMap((service) => service.units).join(" "),
    CHECKS: spec.services.flatMap(({ ready, units }) => (ready ? `${ready}:${units[units.length - 1]}` : [])).join(" "),
    READY_SECONDS: String(spec.readySeconds ?? 600),
  });
}

/** Services may bring the same file; they may not disagree about it. */
function merge(files: File[]): File[] {
  const byPath = new Map<string, File>();
  for (const file of files) {
    const known = byPath.get(file.path);
    if (known && known.content !== file.content)
      throw new Error(`Two services want different contents in ${file.path}`);
    byPath.set(file.path, file);
  }
  return [...byPath.values()];
}
