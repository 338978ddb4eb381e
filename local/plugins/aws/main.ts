/** Stand-in for pulumi-resource-aws. */
import { serveProvider } from "../core/provider";
import { aws } from "./package";

serveProvider(aws);
