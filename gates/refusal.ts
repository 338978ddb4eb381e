/** Ends an update before it deletes anything. */
export function refuse(reason: string): never {
  throw new Error(`${reason}\nMend what is amiss and run pulumi up again; no instance has been deleted.`);
}
