/** Where secrets have to be. */
import type { Plan } from "../../plan";
import type { Found } from "./secretSearch";

interface Allowance {
  kind: RegExp;
  /** Of the file's path; the secret's name is its first group, where it has one. */
  file: RegExp;
  /** The secret, where its name is no part of the path. */
  secret?: string | "any";
  why: string;
}

const ALLOWANCES: Allowance[] = [
  {
    kind: /^the disk of/,
    file: /\/etc\/realm-cluster\/secrets\/([^/]+)$/,
    why: "the host's own copy, which only root reads",
  },
  {
    kind: /^the memory file systems .* of/,
    file: /\/run\/credentials\/[^/]+\.service\/([^/]+)$/,
    why: "what systemd hands to a service, which only that service reads",
  },
  {
    kind: /^the memory file systems .* of/,
    file: /\/run\/consul\/([a-z-]+)$/,
    why: "Consul takes certificates and their keys from files, which only Consul reads",
  },
  {
    kind: /^the memory file systems .* of/,
    file: /\/run\/consul\/secrets\.json$/,
    secret: "any",
    why: "Consul takes its tokens and the key of its gossip from a file, which only Consul reads",
  },
  {
    kind: /^the (disk|memory file systems .*) of/,
    file: /\/var\/lib\/realm-cluster\/consul(-snapshots)?\//,
    secret: "any",
    why: "Consul's servers keep the tokens that they know in their own state, and agents with each registration the one that it was made with: only Consul reads that",
  },
  {
    kind: /^environments$/,
    file: /@pulumi%pulumi%cmd%run/,
    secret: "feature-token",
    why: "Pulumi hands its program the configuration so, while it runs, on the machine that it was started on",
  },
  {
    kind: /^engine events of --debug$/,
    file: /./,
    secret: "any",
    why: "Pulumi's own log of what its program registers: nobody is shown it, and nothing keeps it, unless it is asked for by --debug",
  },
];

/** Whether a secret has to be where it was found; on a host one of those that its role reads. */
export function allowedIn({ kind, file, needle }: Found, { roles }: Plan): boolean {
  const host = roles.find(({ name }) => kind.endsWith(` of ${name}`));
  // An agent that learned a new key while it worked still has the one that it was started with beside it.
  const name = kind.startsWith("the memory") ? needle.secret.replace(/ of before$/, "") : needle.secret;
  // Other forms of a key, which the state has, are in part the same: `auth-key.outputs.privateKeyOpenssh`.
  const secret = name.replace(/\.outputs\.\w+$/, "");
  if (host && !host.secrets.some((own) => own === secret)) return false;
  return ALLOWANCES.some((allowance) => {
    const found = allowance.kind.test(kind) ? allowance.file.exec(file) : null;
    return found !== null && ["any", secret].includes(allowance.secret ?? found[1]);
  });
}
