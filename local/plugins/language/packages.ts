/** Which Pulumi providers, and which packages at all, a Node.js program has installed. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** A package.json, as far as it is of interest here. */
interface Manifest {
  name?: string;
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  pulumi?: { resource?: boolean; name?: string; version?: string; server?: string };
}

/** A provider that the program's SDKs ask for. */
export interface RequiredPackage {
  name: string;
  version: string;
  /** Where its plugin is downloaded from, if not from the usual place. */
  server?: string;
}

function manifest(directory: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || (error as NodeJS.ErrnoException).code === "ENOTDIR")
      return undefined;
    throw error;
  }
}

/** The packages in a program's node_modules, scopes included. */
function installed(directory: string): Manifest[] {
  const root = join(directory, "node_modules");
  const names = list(root).flatMap((name) =>
    name.startsWith("@") ? list(join(root, name)).map((inner) => join(name, inner)) : [name],
  );
  return names.map((name) => manifest(join(root, name))).filter((found) => found !== undefined);
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => !name.startsWith("."));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || (error as NodeJS.ErrnoException).code === "ENOTDIR")
      return [];
    throw error;
  }
}

/** The providers whose SDK is installed beside the program: a package says so of itself with `pulumi.resource`. */
export function requiredPackages(directory: string): RequiredPackage[] {
  return installed(directory).flatMap(({ name = "", version = "", pulumi }) => {
    if (!pulumi?.resource) return [];
    return [
      {
        name: pulumi.name ?? name.replace(/^@pulumi\//, "").replace(/^@/, ""),
        version: pulumi.version ?? version,
        server: pulumi.server,
      },
    ];
  });
}

/** What the program depends on directly, or everything installed, with the installed versions. */
export function dependencies(directory: string, transitive: boolean): { name: string; version: string }[] {
  const own = manifest(directory);
  const direct = new Set(Object.keys({ ...own?.dependencies, ...own?.devDependencies }));
  return installed(directory)
    .map(({ name = "", version = "" }) => ({ name, version }))
    .filter(({ name }) => transitive || direct.has(name));
}
