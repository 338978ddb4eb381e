/** Has to be imported before what reads which cluster it is. */
import { useOwnCluster } from "../ownCluster";

useOwnCluster("rchaos");
