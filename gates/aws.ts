/**
 * What clients of AWS have in common: they ask again what AWS says is to be asked again, and their errors tell what was asked, and what there
 * is to do. Each is in a file of its own, as loading EC2's takes longer than all else that a gate does, while hosts boot.
 */
import type { EC2ClientConfig } from "@aws-sdk/client-ec2";
import { type Asked, explain } from "./awsErrors";

/** How AWS is reached, where that differs from what the environment says. */
export type Reach = Pick<EC2ClientConfig, "region" | "endpoint" | "credentials" | "profile" | "maxAttempts">;

/** AWS takes a limited number of requests a second from an account; what is refused for that is asked again, less and less often. */
export const ATTEMPTS = 10;

type Next = (args: { input: object }) => Promise<unknown>;
type Middleware = (next: Next, context: { commandName?: string }) => Next;

/** Has a client's errors tell what was asked. @param service its name in policies */
export function explained<T extends object>(service: string, client: T): T {
  const { middlewareStack } = client as { middlewareStack: { add(middleware: Middleware, options: object): void } };
  const middleware: Middleware =
    (next, { commandName = "" }) =>
    async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const asked: Asked = { action: `${service}:${commandName.replace(/Command$/, "")}`, input: args.input };
        // Still the error that it was, with its name and its class.
        throw error instanceof Error ? Object.assign(error, { message: explain(error, asked) }) : error;
      }
    };
  middlewareStack.add(middleware, { step: "initialize", name: "explained" });
  return client;
}
