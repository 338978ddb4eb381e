import { z } from "zod";
import { sha256, url, version } from "../leaves";

export const realm = z
  .strictObject({
    /** The npm registry that has the Enterprise package. Give this or `artifact`. */
    registry: url.optional(),
    /** The exact versions to install from the registry. */
    versions: z
      .strictObject({
        "realm-object-server": version.default("3.12.0"),
        "realm-object-server-enterprise": version.default("3.1.3"),
        /** Installed only where `coreServices.graphql` asks for it. */
        "realm-graphql-service": version.default("3.4.0"),
      })
      .prefault({}),
    /** npm's `overrides` for dependencies that can no longer be had under their own name. */
    overrides: z
      .record(z.string(), z.string({ error: 'write what to install instead, such as "npm:ws@3.3.3"' }), {
        error: "write package names and what to install instead",
      })
      .default({}),
    /** A package-lock.json for the registry, made by `npm run lock-realm`: hosts install what it names, and nothing else. */
    lockFile: z.strictObject({ url, sha256 }).optional(),
    /** A tar.gz with a ready `node_modules` in it. Give this or `registry`. */
    artifact: z.strictObject({ url, sha256 }).optional(),
  })
  .prefault({});
