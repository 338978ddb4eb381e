/** Stand-in for pulumi-resource-random. */
import { serveProvider } from "../core/provider";
import { random } from "./package";

serveProvider(random);
