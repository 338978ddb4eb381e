import { readFileSync } from "node:fs";
import * as ts from "typescript";
import type { Properties, Property } from "../../local/plugins/core/schema";

/** The file, without its ending, in which the real SDK declares a token such as `aws:ec2/vpc:Vpc`. */
function moduleOf(token: string): string {
  const [name, module, type] = token.split(":");
  const camel = type[0].toLowerCase() + type.slice(1);
  const [folder, file = camel] = module.split("/");
  const path = [folder === "index" ? "" : folder, file].filter(Boolean).join("/");
  return require.resolve(`@pulumi/${name}/${path}.js`).replace(/\.js$/, "");
}

/** The tokens that the SDK's own code for a token sends to the engine. */
export function sentTokens(token: string): string[] {
  const quoted = /(?<=["'])[a-z]+:[A-Za-z0-9]+(\/[A-Za-z0-9]+)?:[A-Za-z0-9]+(?=["'])/g;
  return readFileSync(`${moduleOf(token)}.js`, "utf8").match(quoted) ?? [];
}

const parsed = new Map<string, ts.SourceFile>();

function parse(file: string): ts.SourceFile {
  const source = parsed.get(file) ?? ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  parsed.set(file, source);
  return source;
}

/** An exported interface of a token's file, such as `VpcArgs`. */
export function declaredInterface(token: string, name: string): Declared {
  return new Declared(find(parse(`${moduleOf(token)}.d.ts`).statements, name), token.split(":")[0]);
}

function find(statements: readonly ts.Node[], name: string): ts.InterfaceDeclaration | ts.ClassDeclaration {
  const found = statements.find((statement): statement is ts.InterfaceDeclaration | ts.ClassDeclaration => {
    return (ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name?.text === name;
  });
  if (!found) throw new Error(`${name} is not declared`);
  return found;
}

/** Generated declarations, read without a type checker: the graph of all their imports is large. */
class Declared {
  private readonly members: Map<string, ts.PropertySignature | ts.PropertyDeclaration>;

  constructor(
    node: ts.InterfaceDeclaration | ts.ClassDeclaration,
    private readonly sdk: string,
  ) {
    const members = [...node.members].filter(
      (member) => ts.isPropertySignature(member) || ts.isPropertyDeclaration(member),
    );
    this.members = new Map(members.map((member) => [(member.name as ts.Identifier).text, member]));
  }

  get names(): string[] {
    return [...this.members.keys()];
  }

  get required(): string[] {
    return this.names.filter((name) => !this.members.get(name)!.questionToken);
  }

  /** Where a table's properties differ from these, by path. */
  differences(properties: Properties, path = ""): string[] {
    return Object.entries(properties).flatMap(([name, property]) => {
      const member = this.members.get(name);
      const at = path + name;
      if (!member) return [`${at} is not declared`];
      const lax = !member.questionToken && !property.required && !property.output ? [`${at} is required`] : [];
      return [...lax, ...this.typeDifferences(property, member.type!, at)];
    });
  }

  private typeDifferences(property: Property, declared: ts.TypeNode, at: string): string[] {
    if (property.type === "any") return [];
    const wanted = { json: "string", set: "list" }[property.type as string] ?? property.type;
    const choices = alternatives(declared);
    const fitting = choices.find((choice) => kindOf(choice) === wanted);
    if (!fitting) return [`${at} is ${choices.map(kindOf).join(" or ")}, not ${wanted}`];
    if (ts.isArrayTypeNode(fitting)) return this.typeDifferences(property.of!, fitting.elementType, `${at}[]`);
    if (ts.isTypeLiteralNode(fitting))
      return this.typeDifferences(property.of!, (fitting.members[0] as ts.IndexSignatureDeclaration).type, `${at}.*`);
    return wanted === "object"
      ? this.nested(fitting as ts.TypeReferenceNode).differences(property.fields!, `${at}.`)
      : [];
  }

  /** `inputs.ec2.InstanceMetadataOptions` is in a namespace of the SDK's types/input.d.ts, or types/output.d.ts. */
  private nested(reference: ts.TypeReferenceNode): Declared {
    const [root, ...names] = nameOf(reference).split(".");
    const file = require.resolve(`@pulumi/${this.sdk}/types/${root.replace(/s$/, "")}.js`).replace(/js$/, "d.ts");
    let scope: readonly ts.Node[] = parse(file).statements;
    for (const name of names.slice(0, -1)) {
      const spaces = scope.filter(
        (node) => ts.isModuleDeclaration(node) && node.name.text === name,
      ) as ts.ModuleDeclaration[];
      scope = spaces.flatMap(({ body }) => [...(body as ts.ModuleBlock).statements]);
    }
    return new Declared(find(scope, names.at(-1)!), this.sdk);
  }
}

function nameOf({ typeName }: ts.TypeReferenceNode): string {
  const dotted = (name: ts.EntityName): string =>
    ts.isIdentifier(name) ? name.text : `${dotted(name.left)}.${name.right.text}`;
  return dotted(typeName);
}

/** What is inside `pulumi.Input<A | B | undefined>` or `pulumi.Output<A>`. */
function alternatives(node: ts.TypeNode): ts.TypeNode[] {
  if (ts.isUnionTypeNode(node)) return node.types.flatMap(alternatives);
  if (ts.isTypeReferenceNode(node) && /^pulumi\.(Input|Output)$/.test(nameOf(node)))
    return node.typeArguments!.flatMap(alternatives);
  return node.kind === ts.SyntaxKind.UndefinedKeyword ? [] : [node];
}

function kindOf(node: ts.TypeNode): string {
  if (node.kind === ts.SyntaxKind.StringKeyword) return "string";
  if (node.kind === ts.SyntaxKind.NumberKeyword) return "number";
  if (node.kind === ts.SyntaxKind.BooleanKeyword) return "boolean";
  if (ts.isArrayTypeNode(node)) return "list";
  if (ts.isTypeLiteralNode(node)) return "map";
  if (!ts.isTypeReferenceNode(node)) return ts.SyntaxKind[node.kind];
  const name = nameOf(node);
  if (name.startsWith("enums.")) return "string";
  return name.startsWith("inputs.") || name.startsWith("outputs.") ? "object" : name;
}
