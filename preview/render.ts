import type { Report, Section } from "./report";

/** The most that GitHub takes in a comment is 65,536 characters; an action that posts it adds a few. */
export const COMMENT_LIMIT = 64_000;

/** For a terminal or a log. */
export function renderText({ verdict, sections }: Report): string {
  return (
    [verdict.join("\n"), ...sections.map(({ title, lines }) => [title, "", ...lines].join("\n"))].join("\n\n") + "\n"
  );
}

/**
 * For a comment on a pull request. What does not fit is left out at the end, and it is said how much.
 *
 * @param limit the most characters that it may have
 */
export function renderMarkdown(title: string, { verdict, sections }: Report, limit = COMMENT_LIMIT): string {
  const head = `### ${escape(title)}\n\n${verdict.map((sentence) => `${escape(sentence)}\n`).join("\n")}`;
  let left = limit - head.length;
  let text = head;
  for (const section of sections) {
    const rendered = renderSection(section, left);
    text += rendered;
    left -= rendered.length;
  }
  return text;
}

function renderSection({ title, lines }: Section, limit: number): string {
  const whole = block(title, lines);
  if (whole.length <= limit) return whole;
  const note = (count: number) =>
    `\n${count} more lines under _${escape(title)}_ are in the log of the workflow's run.\n`;
  const frame = block(title, []).length + note(lines.length).length;
  let room = limit - frame;
  const shown = lines.slice(
    0,
    lines.findIndex((line) => (room -= line.length + 1) < 0),
  );
  if (shown.length > 0) return block(title, shown) + note(lines.length - shown.length);
  return note(lines.length).length <= limit ? note(lines.length) : "";
}

/** A fence longer than any run of backticks in it: nothing in it can end it. */
function block(title: string, lines: string[]): string {
  const runs = lines.flatMap((line) => line.match(/`+/g) ?? []).map((run) => run.length);
  const fence = "`".repeat(Math.max(2, ...runs) + 1);
  return `\n**${escape(title)}**\n\n${fence}diff\n${lines.map((line) => `${line}\n`).join("")}${fence}\n`;
}

/** Text that Markdown and HTML take for nothing else. */
function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#!|~]/g, "\\$&");
}
