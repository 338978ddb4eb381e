/** IAM policies, as far as roles of hosts use them. */

export interface Statement {
  Effect: "Allow" | "Deny";
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}
export interface PolicyDocument {
  Statement: Statement | Statement[];
}

/**
 * Whether policies allow an action: one has to, and none may deny it. Of conditions only `StringEquals` on what is known of the call is
 * evaluated: where another one is made, a statement allows nothing. A denial counts as if its condition were met.
 * @param action as `ssm:GetParameter`
 * @param resource an ARN; undefined for what is not known by one here, which is then any that a statement names
 * @param context the values of condition keys, as far as they are known
 */
export function isAllowed(
  policies: PolicyDocument[],
  action: string,
  resource?: string,
  context: Record<string, string> = {},
): boolean {
  const matching = policies.flatMap((policy) => list(policy.Statement)).filter((s) => applies(s, action, resource));
  return (
    matching.some(({ Effect, Condition }) => Effect === "Allow" && isMet(Condition, context)) &&
    !matching.some(({ Effect }) => Effect === "Deny")
  );
}

function isMet(condition: Statement["Condition"], context: Record<string, string>): boolean {
  return Object.entries(condition ?? {}).every(
    ([operator, keys]) =>
      operator === "StringEquals" && Object.entries(keys).every(([key, values]) => list(values).includes(context[key])),
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
