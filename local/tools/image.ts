import { buildImage, imageVersion } from "../aws/image";
import { cached, type Recipe, type Report } from "./cache";

const recipe: Recipe = {
  name: "image",
  version: imageVersion,
  does: "the hosts' Debian from its packages, a minute",
  build: buildImage,
};

/** Path of the root filesystem that hosts start from. */
export function ensureImage(report: Report): Promise<string> {
  return cached(recipe, report);
}
