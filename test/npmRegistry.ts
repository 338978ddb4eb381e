/** An npm registry of a few tiny packages, as files: what hosts and npm on this machine can be served. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { lockStack } from "../lock/lockFile";

export interface TinyPackage {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
}

/**
 * The registry's files by name: what it says of each package, and their archives.
 *
 * @param url where hosts reach it
 */
export function npmRegistry(url: string, packages: TinyPackage[]): Record<string, string | Buffer> {
  const files: Record<string, string | Buffer> = {};
  for (const name of new Set(packages.map((one) => one.name))) {
    const versions = packages.filter((one) => one.name === name);
    const described = versions.map((manifest) => {
      const archive = archiveOf(manifest);
      const file = archiveName(manifest);
      files[file] = archive;
      return [manifest.version, { ...manifest, dist: { tarball: `${url}${file}`, ...digests(archive) } }];
    });
    const latest = versions[versions.length - 1].version;
    files[name] = JSON.stringify({ name, "dist-tags": { latest }, versions: Object.fromEntries(described) });
  }
  return files;
}

export const archiveName = ({ name, version }: TinyPackage) => `${name}-${version}.tgz`;

/** @param content of its index.js, in which the same version of a package may differ */
export function archiveOf(manifest: TinyPackage, content = `module.exports = "${manifest.version}";\n`): Buffer {
  const files = { "package/package.json": JSON.stringify(manifest), "package/index.js": content };
  const entries = Object.entries(files).flatMap(([path, text]) => [header(path, text.length), padded(text)]);
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));
}

const digests = (archive: Buffer) => ({
  integrity: `sha512-${createHash("sha512").update(archive).digest("base64")}`,
  shasum: createHash("sha1").update(archive).digest("hex"),
});

/** A file's header in a tar archive. */
function header(path: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, "0") + "\0";
  block.write(path, 0);
  block.write(octal(0o644, 8) + octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12) + " ".repeat(8) + "0", 100);
  block.write("ustar\u000000", 257);
  block.write(
    octal(
      block.reduce((sum, byte) => sum + byte),
      7,
    ) + " ",
    148,
  );
  return block;
}

const padded = (text: string) => Buffer.from(text.padEnd(Math.ceil(text.length / 512) * 512, "\0"));

/** The lock file that `npm run lock-realm` makes with a registry of these files. */
export async function lockOf(
  files: Record<string, string | Buffer>,
  versions: Record<string, string>,
): Promise<string> {
  const served = await serve(files);
  try {
    return await lockStack("realm-cluster", {
      "realm-cluster:realm": JSON.stringify({ registry: served.url, versions }),
    });
  } finally {
    served.server.close();
  }
}

/** Serves a registry's files on this machine; what was asked for is kept. */
export async function serve(files: Record<string, string | Buffer>) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const content = files[(request.url ?? "").slice(1)];
    response.writeHead(content === undefined ? 404 : 200).end(content ?? "{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}
