import { environmentFile, staticFile, userFile } from "./files";
import type { File, Package, SecretName } from "./service";

/** A pinned release of a program. */
export interface Download {
  version: string;
  /** Where the archive is; `{version}` stands for the version. */
  url: string;
  /** SHA-256 of the archive, in hexadecimal; another content is refused. */
  sha256: string;
}

/** A package-lock.json, which is too large for user data. */
export interface LockFile {
  url: string;
  /** SHA-256 of the file, in hexadecimal; another content is refused. */
  sha256: string;
  /** The packages at its top, which every host installs: npm refuses a lock file with others. */
  modules: string[];
}

/** The Realm packages: from an npm registry, or as an archive that holds a complete `node_modules`. */
export type RealmPackages =
  | {
      from: "registry";
      /** URL of the registry. */
      registry: string;
      /** Whether the registry wants the secret `npm-token`. */
      token: boolean;
      /** Exact versions by package name, of every package that some host installs. */
      versions: Record<string, string>;
      /** npm `overrides`; honoured by npm of Node 16 and later only, and wherever there is a lock file. */
      overrides?: Record<string, unknown>;
      /** What `npm ci` follows: every package that is installed, with its digest. */
      lockFile?: LockFile;
    }
  | {
      from: "artifact";
      /** URL of a tar.gz with `node_modules` at its top. */
      url: string;
      /** SHA-256 of the archive, in hexadecimal; another content is refused. */
      sha256: string;
    };

/** Everything that hosts download. */
export interface Downloads {
  consul: Download;
  node: Download;
  realm: RealmPackages;
}

/** The secrets that fetching the given packages takes, besides those of the services. */
export function downloadSecrets(installs: Package[], { realm }: Downloads): SecretName[] {
  return installs.includes("realm") && realm.from === "registry" && realm.token ? ["npm-token"] : [];
}

/** The ports of the servers that the given packages come from, in the order in which they are met. */
export function downloadPorts(installs: Package[], downloads: Downloads): number[] {
  const text = JSON.stringify(installs.map((name) => downloads[name]));
  const urls = [...text.matchAll(/https?:\/\/[^"]+/g)].map(([url]) => new URL(url));
  return [...new Set(urls.map(({ port, protocol }) => Number(port) || (protocol === "http:" ? 80 : 443)))];
}

/** What every Realm program needs. */
export const MODULES = ["realm-object-server", "realm-object-server-enterprise"];

/**
 * What the installing boot steps read: one file of variables, and the dependencies when they come from a registry.
 *
 * @param modules npm packages that the host's programs need besides those that all of them do
 */
export function downloadFiles(installs: Package[], modules: string[], downloads: Downloads): File[] {
  const variables: Record<string, string> = {};
  const files: File[] = [];
  for (const name of ["consul", "node"] as const) {
    if (!installs.includes(name)) continue;
    const { version, url, sha256 } = downloads[name];
    const prefix = name.toUpperCase();
    variables[`${prefix}_VERSION`] = version;
    variables[`${prefix}_URL`] = url.replaceAll("{version}", version);
    variables[`${prefix}_SHA256`] = sha256;
  }
  if (installs.includes("realm")) {
    const { realm } = downloads;
    files.push(staticFile(`realm/${realm.from}.sh`, "/opt/realm-cluster/realm.sh"));
    const archive = realm.from === "artifact" ? realm : realm.lockFile;
    if (archive) {
      variables.REALM_URL = archive.url;
      variables.REALM_SHA256 = archive.sha256;
    }
    if (realm.from === "registry") {
      variables.REALM_REGISTRY = realm.registry;
      files.push(userFile("realm-install", "Installs the Realm packages"), {
        path: "/etc/realm-cluster/package.json",
        content: packageJson(realm, realm.lockFile?.modules ?? [...MODULES, ...modules]),
      });
    }
  }
  return [environmentFile("/etc/realm-cluster/downloads.env", variables), ...files];
}

/** What npm is asked to install: exact versions of the given packages. */
export function packageJson(
  { versions, overrides = {} }: { versions: Record<string, string>; overrides?: Record<string, unknown> },
  names: string[],
): string {
  const missing = names.filter((name) => versions[name] === undefined);
  if (missing.length > 0) throw new Error(`no version is given of ${missing.join(", ")}`);
  const dependencies = Object.fromEntries(names.map((name) => [name, versions[name]]));
  return `${JSON.stringify({ name: "realm", private: true, dependencies, ...(Object.keys(overrides).length > 0 && { overrides }) }, null, 2)}\n`;
}
