import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

const BUNDLE = "etc/ssl/certs/ca-certificates.crt";
const SOURCE = "usr/local/share/ca-certificates/aws-on-one-machine.crt";

/**
 * Makes a host trust a certificate authority, as `update-ca-certificates` would: in the bundle (curl, Go), by its hash
 * (OpenSSL, Python), and as a source, so that a later run of that command keeps it. Doing it again changes nothing.
 * @param image the host's root filesystem, @param layer the directory of the host's changes to it
 */
export function trustCertificate(image: string, layer: string, pem: string): void {
  const source = join(layer, SOURCE);
  if (existsSync(source) && readFileSync(source, "utf8") === pem) return;
  const bundle = join(layer, BUNDLE);
  mkdirSync(dirname(source), { recursive: true });
  mkdirSync(dirname(bundle), { recursive: true });
  if (!existsSync(bundle)) copyFileSync(join(image, BUNDLE), bundle);
  appendFileSync(bundle, pem);
  const hash = execFileSync("chroot", [image, "openssl", "x509", "-noout", "-subject_hash"], { input: pem });
  const link = join(dirname(bundle), `${hash.toString().trim()}.0`);
  rmSync(link, { force: true });
  symlinkSync(`/${SOURCE}`, link);
  writeFileSync(source, pem);
}
