import { z } from "zod";
import { text } from "../leaves";

const OWNER = /^(\d{12}|self|amazon|aws-marketplace)$/;

export const image = z
  .union(
    [
      z.strictObject({
        name: z.string().min(1),
        owner: text(OWNER, "write its owner's account: 12 digits, self, amazon or aws-marketplace"),
      }),
      z.strictObject({ id: z.string().regex(/^ami-[0-9a-zA-Z-]+$/) }),
    ],
    {
      error: "write {name, owner}, the image's exact name and its owner's account, or {id}, such as {id: ami-0a1b2c3d}",
    },
  )
  .default({ name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260313", owner: "099720109477" });
