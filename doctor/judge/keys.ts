import type { HostFacts, HostProbe } from "../facts";
import { groupBy, probed } from "./probed";
import { type Finding, type Verdict, list } from "./verdict";

type Secret = HostProbe["secrets"][number];
interface Held {
  host: string;
  secret: Secret;
}

/** The same keys on every host, and those that SSM holds, in files and in running units. */
export function judgeKeys(hosts: HostFacts[]): Verdict {
  const answers = probed(hosts);
  const unreadable = answers.flatMap(({ host, probe }) => (probe.error === null ? [] : [unread(host, probe.error)]));
  const held = answers.flatMap(({ host, probe }) => probe.secrets.map((secret) => ({ host: host.name, secret })));
  const byName = groupBy(held, ({ secret }) => secret.name);
  const findings = [...byName.values()].flatMap((copies) => judgeSecret(copies));
  const shared = [...byName].flatMap(([name, copies]) => {
    const fingerprint = agreed(copies);
    return fingerprint === undefined ? [] : [`${name} ${fingerprint.slice(0, 8)}`];
  });
  return { check: "Keys", found: list(shared), findings: [...unreadable, ...findings] };
}

function unread({ name }: HostFacts, reason: string): Finding {
  return {
    kind: "secrets-unreadable",
    where: name,
    what: `It cannot read its secrets from SSM: ${reason}`,
    why: "Its next boot uses old secrets, or fails.",
    action: "See its role's policy, and whether it reaches ssm.REGION.amazonaws.com.",
  };
}

function judgeSecret(copies: Held[]): Finding[] {
  const right = agreed(copies);
  return copies.flatMap(({ host, secret }): Finding[] => {
    const { name, fingerprint, current, staleUnits } = secret;
    const differs = fingerprint !== null && right !== undefined && fingerprint !== right;
    if (current === false || differs) {
      const what = differs
        ? `Its ${name} (${fingerprint}) is not ${current === false ? "what SSM holds" : "that of the other hosts"} (${right}).`
        : `Its ${name} is not what SSM holds.`;
      const why = "Nodes that hold different keys refuse each other's tokens and gossip.";
      const action = "Have it fetch its secrets again: systemctl restart realm-cluster-boot";
      return [{ kind: "key-differs", where: host, what, why, action }];
    }
    if (staleUnits.length === 0) return [];
    const what = `${list(staleUnits)} was started with another ${name} than there is now.`;
    const why = "It goes on using the old one until it is restarted.";
    return [
      { kind: "key-stale", where: host, what, why, action: `Restart it: systemctl restart ${staleUnits.join(" ")}` },
    ];
  });
}

/** The fingerprint that hosts should have: SSM's, where some host has compared; else that of most. */
function agreed(copies: Held[]): string | undefined {
  const known = copies.filter(({ secret }) => secret.fingerprint !== null);
  const current = known.find(({ secret }) => secret.current === true);
  if (current) return current.secret.fingerprint ?? undefined;
  const votes = [...groupBy(known, ({ secret }) => secret.fingerprint ?? "")];
  return votes.sort(([, a], [, b]) => b.length - a.length)[0]?.[0];
}
