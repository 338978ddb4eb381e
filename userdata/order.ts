import { isPython } from "./comments";
import type { File } from "./service";

/** Files of one kind beside each other: a compressor sees only so far back. */
export function likeBesideLike(files: File[]): File[] {
  return [...files].sort((a, b) => kind(a) - kind(b));
}

/** Settings, Python, bash, units, JavaScript: of all orders about the one that comes out smallest. */
function kind({ path, content }: File): number {
  if (path.endsWith(".js")) return 4;
  if (path.startsWith("/etc/systemd/")) return 3;
  if (isPython(path, content)) return 1;
  return path.startsWith("/opt/") ? 2 : 0;
}
