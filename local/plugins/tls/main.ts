/** Stand-in for pulumi-resource-tls. */
import { serveProvider } from "../core/provider";
import { tls } from "./package";

serveProvider(tls);
