import { type Deployed, collect } from "./collect";
import { judge } from "./judge";
import { type Report, renderReport, reportOf } from "./report";

/** What came of asking. */
export interface Examination {
  text: string;
  /** 0: all is well; 1: something is wrong; 2: it could not be asked. */
  exitCode: 0 | 1 | 2;
}

/**
 * Asks a cluster everything and says what is wrong. Never throws: that it cannot be asked is an answer.
 *
 * @param find finds the cluster
 * @param json whether the answer is the stable JSON object instead of a table
 */
export async function examine(find: () => Promise<Deployed>, json: boolean): Promise<Examination> {
  let report: Report;
  try {
    const facts = await collect(await find());
    report = reportOf(facts, judge(facts));
  } catch (error) {
    const { message } = error as Error;
    return {
      text: json ? JSON.stringify({ error: message }) : `The cluster could not be asked: ${message}`,
      exitCode: 2,
    };
  }
  return { text: json ? JSON.stringify(report, null, 2) : renderReport(report), exitCode: report.healthy ? 0 : 1 };
}
