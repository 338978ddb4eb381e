/** IAM policies, as far as roles of hosts use them. */

export interface Statement {
  Effect: "Allow" | "Deny";
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: unknown;
}
export interface PolicyDocument {
  Statement: Statement | Statement[];
}

/**
 * Whether policies allow an action: one has to, and none may deny it. Conditions are not evaluated: where one is made,
 * a statement allows nothing, and denies as if it were met.
 * @param action as `ssm:GetParameter`
 * @param resource an ARN; undefined for what is not known by one here, which is then any that a statement names
 */
export function isAllowed(policies: PolicyDocument[], action: string, resource?: string): boolean {
  const matching = policies.flatMap((policy) => list(policy.Statement)).filter((s) => applies(s, action, resource));
  return (
    matching.some(({ Effect, Condition }) => Effect === "Allow" && Condition === undefined) &&
    !matching.some(({ Effect }) => Effect === "Deny")
  );
}

function applies(statement: Statement, action: string, resource: string | undefined): boolean {
  const { Action, NotAction, Resource, NotResource } = statement;
  // Actions do not tell upper from lower case; resources do.
  const named = (patterns: string | string[]) => matchesAny(list(patterns).map(lower), lower(action));
  const hasAction = Action === undefined ? !named(NotAction ?? []) : named(Action);
  if (!hasAction) return false;
  if (resource === undefined) return true;
  return Resource === undefined ? !matchesAny(list(NotResource), resource) : matchesAny(list(Resource), resource);
}

function list<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

const lower = (text: string) => text.toLowerCase();

/** `*` stands for any text, `?` for any character. */
function matchesAny(patterns: string[], text: string): boolean {
  return patterns.some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return new RegExp(`^${source}$`, "s").test(text);
  });
}
