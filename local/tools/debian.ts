import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runLogged } from "../process";
import type { Report } from "./cache";

/** What the local AWS runs on this machine, by the Debian package that brings it. */
const PACKAGES: Record<string, string> = {
  "/usr/bin/systemd-nspawn": "systemd-container",
  "/usr/bin/mmdebstrap": "mmdebstrap",
  "/usr/bin/python3": "python3",
  "/usr/share/python-wheels": "python3-venv",
  "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
  ip: "iproute2",
  nft: "nftables",
  haproxy: "haproxy",
  dnsmasq: "dnsmasq-base",
  openssl: "openssl",
  losetup: "mount",
  "mkfs.ext4": "e2fsprogs",
  xz: "xz-utils",
};

/** What the tests use besides, to check user data as the hosts' own tools would. */
const TEST_PACKAGES: Record<string, string> = {
  "cloud-init": "cloud-init",
  "systemd-analyze": "systemd",
  shellcheck: "shellcheck",
  aws: "awscli",
};

const BROWSER: Record<string, string> = { chromium: "chromium" };

/** Installs what is missing of the packages that the local AWS needs. */
export const ensureDebianPackages = (report: Report) => ensure(PACKAGES, report);

/** Installs what is missing of the packages that only tests need. */
export const ensureTestPackages = (report: Report) => ensure(TEST_PACKAGES, report);

/** Installs Debian's chromium if it is missing; returns its path. */
export async function ensureChromium(report: Report): Promise<string> {
  await ensure(BROWSER, report);
  return find("chromium") as string;
}

/** The path of a command, looked up as the shell does, and where system commands are; or undefined. */
export function find(command: string): string | undefined {
  const dirs = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return dirs.map((dir) => join(dir, command)).find(isExecutable);
}

async function ensure(needed: Record<string, string>, report: Report): Promise<void> {
  const missing = Object.entries(needed)
    .filter(([name]) => !(name.startsWith("/") ? existsSync(name) : find(name)))
    .map(([, name]) => name);
  if (missing.length === 0) return;
  const list = missing.join(" ");
  if (!find("apt-get")) {
    throw new Error(`this machine has no apt-get; install what these Debian packages have, and try again: ${list}`);
  }
  report(`Debian packages: installing ${list}`);
  const started = Date.now();
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const wait = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];
  await runLogged("apt-get", [...wait, "-q", "update"], () => {}, { env });
  const progress = (line: string) => {
    if (/^(Need to get|Setting up)/.test(line)) report(`Debian packages: ${line.replace(/ \.\.\.$/, "")}`);
  };
  await runLogged("apt-get", [...wait, "-q", "-y", "--no-install-recommends", "install", ...missing], progress, {
    env,
  });
  report(`Debian packages: ready after ${Math.round((Date.now() - started) / 1000)} s`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
