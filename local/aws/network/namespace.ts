import { run } from "../../process";

/** Network namespaces of `ip netns`, and what is done inside them. */

export async function listNamespaces(): Promise<string[]> {
  const listing = JSON.parse((await run("ip", ["-json", "netns", "list"])) || "[]") as { name: string }[];
  return listing.map((namespace) => namespace.name);
}

export async function addNamespace(name: string): Promise<void> {
  await run("ip", ["netns", "add", name]);
}

export async function deleteNamespace(name: string): Promise<void> {
  await run("ip", ["netns", "delete", name]);
}

/** Runs lines of `ip` commands in the namespace, as one process. */
export async function ipBatch(namespace: string, lines: string[]): Promise<void> {
  await run("ip", ["-netns", namespace, "-batch", "-"], { input: lines.join("\n") });
}

/** Sets kernel parameters of the namespace. */
export async function sysctl(namespace: string, settings: Record<string, number>): Promise<void> {
  const pairs = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  await run("ip", ["netns", "exec", namespace, "sysctl", "--quiet", "--write", ...pairs]);
}

/** The IPv4 addresses of one of the namespace's devices. */
export async function addressesOf(namespace: string, device: string): Promise<string[]> {
  const listing = await run("ip", ["-netns", namespace, "-json", "-4", "address", "show", "dev", device]);
  const [link] = JSON.parse(listing) as { addr_info?: { local: string }[] }[];
  return (link?.addr_info ?? []).map((info) => info.local);
}

/** Names of the namespace's devices. */
export async function linksOf(namespace: string): Promise<string[]> {
  const listing = JSON.parse(await run("ip", ["-netns", namespace, "-json", "link", "show"])) as { ifname: string }[];
  return listing.map((link) => link.ifname);
}

/** Closes the TCP connections from the namespace, if it is there, to an address and port; either end then sees a reset. */
export async function closeConnections(namespace: string, address: string, port: number): Promise<void> {
  if (!(await listNamespaces()).includes(namespace)) return;
  const filter = ["state", "connected", "dst", address, "dport", "=", `:${port}`];
  await run("ip", ["netns", "exec", namespace, "ss", "--tcp", "--numeric", "--kill", ...filter]);
}
