import { required, run } from "./environment";
import { watchService } from "./service";

/** Has a host tell CloudWatch how it is. */
run(async () => {
  try {
    await watchService("put");
  } catch (error) {
    throw new Error(`${required("HOST")} cannot be watched: ${(error as Error).message}`);
  }
});
