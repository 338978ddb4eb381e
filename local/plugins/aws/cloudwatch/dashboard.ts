/** aws:cloudwatch/dashboard:Dashboard. */
import { json, string } from "../../core/schema";
import type { Values } from "../../core/wire";
import type { Aws } from "../context";
import { regional } from "../resource";

/** A page of graphs. Nobody can tag one. */
export const dashboard = regional({
  properties: {
    dashboardName: string({ required: true, forceNew: true }),
    dashboardBody: json({ required: true }),
    dashboardArn: string({ output: true }),
  },
  async create(aws, inputs) {
    await put(aws, inputs);
    return { id: inputs.dashboardName as string };
  },
  async read(aws, id) {
    const found = await (await aws.cloudwatch()).call("GetDashboard", { DashboardName: id });
    return {
      dashboardName: id,
      dashboardBody: found.DashboardBody,
      dashboardArn: `arn:${aws.partition}:cloudwatch::${(await aws.caller()).account}:dashboard/${id}`,
    };
  },
  update: (aws, _id, { inputs }) => put(aws, inputs),
  async delete(aws, id) {
    await (await aws.cloudwatch()).call("DeleteDashboards", { DashboardNames: [id] });
  },
});

async function put(aws: Aws, { dashboardName, dashboardBody }: Values): Promise<void> {
  const dashboard = { DashboardName: dashboardName, DashboardBody: dashboardBody };
  await (await aws.cloudwatch()).call("PutDashboard", dashboard);
}
