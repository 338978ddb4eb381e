/** Results with an aim as a picture: how much of what the aim allows each takes. */
import type { Result } from "./row";

const WIDTH = 960;
const TEXT_WIDTH = 400;
const LINE = 30;
const TOP = 56;
/** Bars end here, however far a result misses its aim. */
const MOST = 3;
const COLOURS = {
  holds: "#2da44e",
  misses: "#cf222e",
  aim: "#57606a",
  text: "#24292f",
  ground: "#ffffff",
  whole: "#eaeef2",
};

/** An SVG of a bar for each result that has an aim, beside a line where the aim is. Those without one are left out. */
export function drawResults(results: readonly Result[]): string {
  const judged = results.filter(({ aim }) => aim !== null);
  const height = TOP + judged.length * LINE + 16;
  const scale = (WIDTH - TEXT_WIDTH - 170) / MOST;
  const aimAt = TEXT_WIDTH + scale;
  const bars = judged.map((result, index) => bar(result, TOP + index * LINE, scale));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="14">`,
    `<rect width="${WIDTH}" height="${height}" fill="${COLOURS.ground}"/>`,
    text(16, 24, "What was measured, against what is aimed at: shorter is better", "start", 16),
    ...bars,
    `<line x1="${aimAt}" x2="${aimAt}" y1="${TOP - 6}" y2="${height - 12}" stroke="${COLOURS.aim}" stroke-dasharray="4 3"/>`,
    text(aimAt, TOP - 12, "aim", "middle", 12),
    "</svg>",
    "",
  ].join("\n");
}

/** How much of what its aim allows a result takes: 1 is all of it, more misses it. */
export function shareOfAim({ value, aim }: Pick<Result, "value" | "aim">): number {
  const [, words, number] = /^(at most|at least) (.+)$/.exec(aim ?? "") ?? [];
  if (words === undefined) throw new Error(`no aim: ${aim}`);
  return words === "at most" ? value / Number(number) : Number(number) / value;
}

function bar(result: Result, y: number, scale: number): string {
  const length = Math.min(shareOfAim(result), MOST) * scale;
  const said = `${result.value} ${result.unit} (${result.aim})`;
  return [
    text(16, y + 15, result.name, "start"),
    `<rect x="${TEXT_WIDTH}" y="${y}" width="${MOST * scale}" height="20" fill="${COLOURS.whole}"/>`,
    `<rect x="${TEXT_WIDTH}" y="${y}" width="${length.toFixed(1)}" height="20" fill="${result.holds ? COLOURS.holds : COLOURS.misses}"/>`,
    text(TEXT_WIDTH + MOST * scale + 8, y + 15, said, "start", 12),
  ].join("\n");
}

function text(x: number, y: number, content: string, anchor: "start" | "middle", size?: number): string {
  const sized = size === undefined ? "" : ` font-size="${size}"`;
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${COLOURS.text}"${sized}>${escape(content)}</text>`;
}

const escape = (content: string) => content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
