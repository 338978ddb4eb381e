import { required, run } from "./environment";
import { watchService } from "./service";

/**
 * Has a host tell CloudWatch no more. That it cannot be reached is well: what is about to end, or has ended, tells nothing either.
 *
 * The states of deployed clusters name this file, and run it when they are changed by a later release.
 */
run(async () => {
  await watchService("remove").catch((error: Error) => console.log(`${required("HOST")}: ${error.message}`));
});
