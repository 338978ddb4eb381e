/** A subnet as AWS describes it. */
export interface SubnetFacts {
  id: string;
  zone: string;
  cidr: string;
}

/** What becomes of the Realms on a data volume when its host is removed: what the volume's tag `Realms` says. */
export type RealmsFate = "keep" | "delete";

/** What only AWS can say, looked up before anything is planned. */
export interface Facts {
  /** The region's name, such as `eu-west-1`. */
  region: string;
  /** The partition's name in ARNs: `aws`, `aws-cn`, `aws-us-gov`. */
  partition: string;
  /** The account's number. */
  account: string;
  /** The region's availability zones, in the order of their names. */
  zones: string[];
  /** The id of the image that hosts boot from. */
  imageId: string;
  /** Hosts that exist, by name: whether the instance runs whose last boot report says that it is ready. */
  hosts: ReadonlyMap<string, { works: boolean }>;
  /**
   * Hosts that exist, that the configuration has no longer, and that have Realms: whether these stay when their host is removed, which the
   * last update decided. None when left out.
   */
  leaving?: ReadonlyMap<string, RealmsFate>;
  /** The name of the hosted zone that gets the load balancer's record, without a dot at its end; when the configuration names one. */
  zoneName?: string;
  /** The adopted VPC, when the configuration names one. */
  adopted?: {
    cidr: string;
    /** Its private subnets, in the configuration's order. */
    privateSubnets: SubnetFacts[];
  };
}
