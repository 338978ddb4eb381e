import { isPython } from "./packing";
import type { File } from "./service";

/** Files of one kind beside each other: a compressor sees only so far back. */
export function likeBesideLike(files: File[]): File[] {
  return [...files].sort((a, b) => kind(a) - kind(b));
}

/** Python, JavaScript, settings, bash, units: of all orders the one that comes out smallest on a core host, which has most. */
function kind({ path, content }: File): number {
  if (isPython(path, content)) return 0;
  if (path.endsWith(".js")) return 1;
  if (path.startsWith("/etc/systemd/")) return 4;
  return path.startsWith("/opt/") ? 3 : 2;
}
