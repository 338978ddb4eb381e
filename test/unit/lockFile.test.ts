import { lockStack } from "../../lock/lockFile";
import { type TinyPackage, npmRegistry, serve } from "../npmRegistry";

jest.setTimeout(30_000);

const packages: TinyPackage[] = [
  { name: "realm-object-server", version: "3.12.0", dependencies: { needed: "^1.0.0" } },
  { name: "realm-object-server-enterprise", version: "3.1.3" },
  { name: "needed", version: "1.0.0" },
  { name: "needed", version: "1.1.0" },
  { name: "instead", version: "2.0.0" },
];

/** What comes of a registry's files and a configuration. */
async function lock(files: Record<string, string | Buffer>, realm: object = {}, more: Record<string, string> = {}) {
  const { server, asked, url } = await serve(files);
  try {
    const given = { "realm-cluster:realm": JSON.stringify({ registry: url, ...realm }), ...more };
    const text = await lockStack("realm-cluster", given);
    return { packages: (JSON.parse(text) as { packages: Record<string, object> }).packages, asked };
  } finally {
    server.close();
  }
}

const files = () => npmRegistry("https://npm.example.com/", packages);

test("a lock file has every package with its version, its place and its digest, and asks with the token", async () => {
  const { packages: locked, asked } = await lock(files(), {}, { "realm-cluster:npmToken": "s3cret" });
  expect(Object.keys(locked).sort()).toEqual([
    "",
    "node_modules/needed",
    "node_modules/realm-object-server",
    "node_modules/realm-object-server-enterprise",
  ]);
  expect(locked["node_modules/needed"]).toEqual({
    version: "1.1.0",
    resolved: "https://npm.example.com/needed-1.1.0.tgz",
    integrity: expect.stringMatching(/^sha512-\S{88}$/),
  });
  expect(new Set(asked.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer s3cret"]));
});

test("overrides are in it", async () => {
  const { packages: locked } = await lock(files(), { overrides: { needed: "npm:instead@2.0.0" } });
  expect(locked["node_modules/needed"]).toMatchObject({ name: "instead", version: "2.0.0" });
});

test("a package without a digest is refused by its name", async () => {
  const bare = files();
  bare.needed = String(bare.needed)
    .replace(/"(integrity|shasum)":"[^"]*",?/g, "")
    .replaceAll(",}", "}");
  await expect(lock(bare)).rejects.toThrow("the registry has no digest of needed 1.1.0");
});

test("what npm cannot find, a registry that is not named, and a fault in the section are told", async () => {
  await expect(lock({})).rejects.toThrow(/npm could not resolve the Realm packages:\n[^]*404/);
  await expect(lock(files(), { registry: undefined })).rejects.toThrow("realm.registry is not set");
  await expect(lock(files(), { registri: "x" })).rejects.toThrow("realm-cluster:realm.registri is not known");
});
