/**
 * A script, systemd unit, Python or JavaScript program without what only its readers need: comment lines, doc comments, types in comments,
 * blank lines, all but one blank of each level of indentation, and semicolons at the end of JavaScript's lines. EC2 limits user data to 16 KB, of which these would take a quarter;
 * whoever reads a host's files finds the commented ones in this repository.
 */
export function packed(path: string, content: string): string {
  const level = isPython(path, content) ? 4 : 2;
  return uncommented(path, content)
    .replace(/\n{2,}/g, "\n")
    .replace(/^ +/gm, (indentation) => " ".repeat(Math.ceil(indentation.length / level)));
}

function uncommented(path: string, content: string): string {
  if (path.endsWith(".js")) {
    const docComment = /^[ \t]*\/\*\*(?:(?!\*\/)[^])*\*\/\n/gm;
    const typeComment = /\/\*\* @(?:(?!\*\/).)*\*\/ ?/g;
    return content
      .replace(docComment, "")
      .replace(/^[ \t]*\/\/.*\n/gm, "")
      .replace(typeComment, "")
      .replace(/;$/gm, "");
  }
  const docString = /^([ \t]*)"""[^"]*"""\n(?=\n*\1\S)/gm;
  // All that its class or function consists of, which cannot be nothing.
  const onlyDocString = /^([ \t]*)"""[^"]*"""$/gm;
  const bare = content.replace(/^[ \t]*#(?!!).*\n/gm, "");
  const toLinters = /  # (?:noqa|pylint):.*$/gm;
  if (!isPython(path, content)) return bare;
  return bare.replace(docString, "").replace(onlyDocString, "$1pass").replace(toLinters, "");
}

/** Whether a file is a Python program, by its name or its first line. */
export const isPython = (path: string, content: string) =>
  path.endsWith(".py") || content.startsWith("#!/usr/bin/python3");
