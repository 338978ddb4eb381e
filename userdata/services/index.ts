export { consulAgent } from "./consulAgent";
export { consulServer } from "./consulServer";
export { coreServices } from "./coreServices";
export { realmDirectory } from "./realmDirectory";
export { syncWorker } from "./syncWorker";
export { watch } from "./watch";
