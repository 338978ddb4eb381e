import type { Downloads, RealmPackages } from "../../userdata/downloads";
import { renderUserData, type HostSpec, type UserData } from "../../userdata/render";
import { consulAgent, consulServer, coreServices, realmDirectory, syncWorker } from "../../userdata/services";
import type { Service } from "../../userdata/service";

export const artifact: RealmPackages = {
  from: "artifact",
  url: "https://packages.example.com/realm.tar.gz",
  sha256: "c".repeat(64),
};

export const registry: Extract<RealmPackages, { from: "registry" }> = {
  from: "registry",
  registry: "https://npm.example.com/realm/",
  token: true,
  versions: { "realm-object-server": "3.12.0", "realm-object-server-enterprise": "3.1.3" },
};

/** The same by a lock file, with all that user data can hold of it. */
export const lockedRegistry: RealmPackages = {
  ...registry,
  overrides: { realm: "npm:@example/realm@2.3.4", "realm-sync-server": "3.0.0", uws: "npm:ws@3.3.3" },
  lockFile: {
    url: "https://packages.example.com/realm/package-lock.json",
    sha256: "d".repeat(64),
    modules: Object.keys(registry.versions),
  },
};

export function downloads(realm: RealmPackages = artifact): Downloads {
  return {
    consul: { version: "1.20.6", url: "https://example.com/consul_{version}_linux_amd64.zip", sha256: "a".repeat(64) },
    node: { version: "8.17.0", url: "https://example.com/node-v{version}-linux-x64.tar.xz", sha256: "b".repeat(64) },
    realm,
  };
}

const consul = { datacenter: "dev", retryJoin: ["10.20.0.11", "10.20.1.11", "10.20.2.11"] };

/** A host of each kind that placements know. */
export const kinds: Record<string, Service[]> = {
  colocated: [
    consulServer({ ...consul, role: "consul-sync", bootstrapExpect: 3 }),
    syncWorker({ label: "default", id: "consul-01" }),
  ],
  "dedicated Consul": [consulServer({ ...consul, role: "consul", bootstrapExpect: 3 })],
  "dedicated worker": [
    consulAgent({ ...consul, role: "sync" }),
    syncWorker({ label: "default", id: "sync-default-01" }),
  ],
  core: [consulAgent({ ...consul, role: "core-services" }), coreServices({}), realmDirectory({})],
};

export function hostSpec(kind: string, changes: Partial<HostSpec> = {}): HostSpec {
  return {
    name: "host-01",
    cluster: "dev",
    services: kinds[kind],
    downloads: downloads(),
    secretPath: "/realm-cluster/dev/secrets",
    bootReport: "/realm-cluster/dev/boot/host-01",
    ...changes,
  };
}

export function render(kind: string, changes: Partial<HostSpec> = {}): UserData {
  return renderUserData(hostSpec(kind, changes));
}
