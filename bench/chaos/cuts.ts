/** Cuts in the network of a cluster, as a broken switch or a wrong route makes them: what is cut off gets no answer, not even a refusal. */
import { vpcNamespace } from "../../local/aws/network/names";
import { localName } from "../../local/cluster/paths";
import { run } from "../../local/process";

/** Packets that do not arrive: from any of these addresses to any of those; left out, from or to everybody. */
export interface Cut {
  from?: string[];
  to?: string[];
}

/** Both ways. */
export const between = (some: string[], others: string[]): Cut[] => [
  { from: some, to: others },
  { from: others, to: some },
];

/** From everybody and to everybody, as when the cable is pulled. */
export const around = (some: string[]): Cut[] => [{ from: some }, { to: some }];

/** The cuts as a table of the VPC's namespace beside that of the security groups, for `nft -f`; it replaces the one before at once. */
export function renderCuts(cuts: Cut[]): string {
  const addresses = (side: string, given?: string[]) => (given ? [`ip ${side} { ${given.join(", ")} }`] : []);
  const rules = cuts.map(({ from, to }) => [...addresses("saddr", from), ...addresses("daddr", to), "drop"].join(" "));
  // Between hosts, and between them and what the namespace itself is: load balancers and AWS's services.
  const chains = ["forward", "input", "output"].flatMap((hook) => [
    `  chain ${hook} {`,
    // Before the security groups, which let pass what belongs to an open connection.
    `    type filter hook ${hook} priority -10;`,
    ...rules.map((rule) => `    ${rule}`),
    "  }",
  ]);
  return ["table ip cuts", "delete table ip cuts", "table ip cuts {", ...chains, "}", ""].join("\n");
}

/** Makes these cuts, in place of those that there are. */
export async function cut(vpcId: string, cuts: Cut[]): Promise<void> {
  const namespace = vpcNamespace(localName, vpcId);
  await run("ip", ["netns", "exec", namespace, "nft", "--file", "-"], { input: renderCuts(cuts) });
}
