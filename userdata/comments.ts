/**
 * A script, systemd unit or JavaScript program without its comment lines. EC2 limits user data to 16 KB, of which the comments would
 * take a fifth; whoever reads a host's files finds the commented ones in this repository.
 */
export function withoutComments(path: string, content: string): string {
  if (!path.endsWith(".js")) return content.replace(/^[ \t]*#(?!!).*\n/gm, "");
  const docComment = /^[ \t]*\/\*\*(?:(?!\*\/)[^])*\*\/\n/gm;
  return content.replace(docComment, "").replace(/^[ \t]*\/\/.*\n/gm, "");
}
