import { addNamespace, deleteNamespace, ipBatch, linksOf, listNamespaces, sysctl } from "./namespace";
import { run } from "../../process";

/** An instance's place in its VPC. */
export interface LinkSpec {
  vpcNamespace: string;
  hostNamespace: string;
  /** Name of the VPC's end. */
  device: string;
  address: string;
  mac: string;
  gateway: string;
  /** Length of the subnet's prefix. */
  prefix: number;
}

/** Makes the host's namespace with an eth0 that is wired to the VPC. Does nothing where that is done already. */
export async function connect(link: LinkSpec): Promise<void> {
  const namespaces = await listNamespaces();
  if (namespaces.includes(link.hostNamespace) && (await linksOf(link.hostNamespace)).includes("eth0")) return;
  // What was left half made is made anew.
  await disconnect(link);
  await addNamespace(link.hostNamespace);
  const peer = ["peer", "name", "eth0", "netns", link.hostNamespace, "address", link.mac];
  await run("ip", ["-netns", link.vpcNamespace, "link", "add", link.device, "type", "veth", ...peer]);
  await ipBatch(link.hostNamespace, [
    "link set lo up",
    `address add ${link.address}/${link.prefix} dev eth0`,
    "link set eth0 up",
    `route add default via ${link.gateway}`,
  ]);
  // It answers for neighbours at once; the kernel would wait for up to a second, lest it be one of many proxies.
  await sysctl(link.vpcNamespace, { [`net.ipv4.neigh.${link.device}.proxy_delay`]: 0 });
  await ipBatch(link.vpcNamespace, [
    `link set ${link.device} up`,
    `route replace ${link.address}/32 dev ${link.device}`,
  ]);
}

/** Takes the host's namespace and both ends of its link away. */
export async function disconnect(link: Pick<LinkSpec, "vpcNamespace" | "hostNamespace" | "device">): Promise<void> {
  const namespaces = await listNamespaces();
  // Deleting a namespace leaves its devices for as long as someone holds it open, as HAProxy may: the link goes first.
  if (namespaces.includes(link.vpcNamespace) && (await linksOf(link.vpcNamespace)).includes(link.device)) {
    await run("ip", ["-netns", link.vpcNamespace, "link", "delete", link.device]);
  }
  if (namespaces.includes(link.hostNamespace)) await deleteNamespace(link.hostNamespace);
}
