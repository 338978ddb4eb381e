import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packed } from "./packing";
import type { File, SecretName } from "./service";

/** A file of `userdata/files`, packed, for a path on the host. */
export function staticFile(source: string, path: string, mode?: string): File {
  return { path, content: read(join("files", source)), mode };
}

/** A systemd unit of `userdata/files/units`. */
export function unitFile(name: string): File {
  return staticFile(`units/${name}`, `/etc/systemd/system/${name}`);
}

/** What a unit gets of the host's secrets, where that depends on the host: a drop-in beside the unit's file. */
export function credentialsFile(unit: string, secrets: SecretName[]): File {
  const lines = secrets.map((name) => `LoadCredential=${name}:/etc/realm-cluster/secrets/${name}\n`);
  return { path: `/etc/systemd/system/${unit}.d/secrets.conf`, content: `[Service]\n${lines.join("")}` };
}

/** The readiness check of a service, with the module that all checks share. */
export function readinessFiles(check: string): File[] {
  return [`${check}.py`, "probe.py"].map((name) => staticFile(`ready/${name}`, `/opt/realm-cluster/ready/${name}`));
}

/** One of the Node.js programs of `userdata/apps`. */
export function appFile(name: string): File {
  return { path: `/opt/realm/${name}`, content: read(join("apps", name)) };
}

/** The system user that a service runs as, made by systemd-sysusers. */
export function userFile(name: string, description: string): File {
  return { path: `/etc/sysusers.d/${name}.conf`, content: `u ${name} - "${description}"\n` };
}

/**
 * Variables in the quoting that systemd's `EnvironmentFile=` and POSIX shells read alike.
 * @throws when a value holds a line break or another control character, which the two read differently.
 */
export function environmentFile(path: string, variables: Record<string, string>): File {
  const lines = Object.entries(variables).map(([name, value]) => {
    if (/[\u0000-\u001f\u007f]/.test(value)) throw new Error(`${name} in ${path} holds a control character`);
    return `${name}="${value.replace(/["\\$`]/g, "\\$&")}"\n`;
  });
  return { path, content: lines.join("") };
}

const known = new Map<string, string>();

/** Read once: every host has most of them. */
function read(source: string): string {
  const content = known.get(source) ?? packed(source, readFileSync(join(__dirname, source), "utf8"));
  known.set(source, content);
  return content;
}
