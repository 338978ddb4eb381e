/** Stand-in for pulumi-resource-command. */
import { serveProvider } from "../core/provider";
import { command } from "./package";

serveProvider(command);
