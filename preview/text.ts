import { OMIT_HEADERS, createTwoFilesPatch } from "diff";

/** The hunks of a unified diff of two texts, by line; empty where they are alike. */
export function unifiedDiff(before: string, after: string): string[] {
  const options = { context: 2, headerOptions: OMIT_HEADERS };
  const patch = createTwoFilesPatch("", "", ended(before), ended(after), undefined, undefined, options);
  return patch.split("\n").filter((line) => line !== "");
}

/** Whether a text ends with a line break is not told: the hint about it takes more lines than the change. */
const ended = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
