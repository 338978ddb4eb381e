/** Attributes: named text values with which load balancers and target groups hold most of their settings. */
import type { Property } from "../../core/schema";
import type { Value, Values } from "../../core/wire";

/** An attribute's name by the property that it holds. */
export type Attributes = { [property: string]: string };

interface Attribute {
  Key?: string;
  Value?: string;
}

/** The attributes to send for the properties that are given, or of those only the ones that changed. */
export function attributesFrom(names: Attributes, inputs: Values, changed?: ReadonlySet<string>): Attribute[] {
  return Object.entries(names)
    .filter(([property]) => inputs[property] !== undefined && (!changed || changed.has(property)))
    .map(([property, Key]) => ({ Key, Value: String(inputs[property]) }));
}

/** The properties that attributes hold, typed as declared; what the service does not tell is left out. */
export function propertiesFrom(
  names: Attributes,
  declared: { [name: string]: Property },
  attributes: Attribute[] = [],
): Values {
  const told = Object.entries(names).flatMap(([property, Key]) => {
    const text = attributes.find((attribute) => attribute.Key === Key)?.Value;
    return text === undefined ? [] : [[property, typed(declared[property].type, text)] as const];
  });
  return Object.fromEntries(told);
}

function typed(type: Property["type"], text: string): Value {
  if (type === "boolean") return text === "true";
  return type === "number" ? Number(text) : text;
}
