import { DOMParser, XMLSerializer, type Document, type Element } from "@xmldom/xmldom";

/** What is needed of XML to correct an answer and leave the rest of it as it was. */

export function parseXml(text: string): Document {
  return new DOMParser().parseFromString(text, "text/xml");
}

export function serializeXml(document: Document): string {
  return new XMLSerializer().serializeToString(document);
}

/** Every element of the name, at any depth. */
export function elements(within: Document | Element, name: string): Element[] {
  return [...within.getElementsByTagName(name)];
}

/** The element's own child of the name. */
export function child(parent: Element, name: string): Element | undefined {
  return [...parent.childNodes].find((node) => node.nodeName === name) as Element | undefined;
}

/** Text of the element's own child of the name; empty where there is none. */
export function childText(parent: Element, name: string): string {
  return child(parent, name)?.textContent ?? "";
}

/** Sets the text of the element's own child of the name, which is made where there is none. */
export function setChildText(parent: Element, name: string, text: string): void {
  const document = parent.ownerDocument!;
  const element = child(parent, name) ?? parent.appendChild(document.createElementNS(parent.namespaceURI, name));
  element.textContent = text;
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

/** An answer of EC2. @param content XML */
export function ec2Answer(action: string, content: string): string {
  const namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="${namespace}"><requestId>local</requestId>${content}</${action}Response>`;
}

/** A refusal of EC2. */
export function ec2Error(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error></Errors><RequestID>local</RequestID></Response>`;
}

/** A refusal of another service of the query protocol. */
export function queryError(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>local</RequestId></ErrorResponse>`;
}
