/** One line for a person about work that goes on. */
export type Report = (line: string) => void;

/** Lines with the time since the start, so that whoever waits sees what takes it. */
export function elapsedReport(write: (line: string) => void = console.log): Report {
  const began = performance.now();
  return (text) => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
    for (const line of text.split("\n")) write(`${seconds} s  ${line}`);
  };
}
