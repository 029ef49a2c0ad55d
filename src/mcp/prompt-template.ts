/**
 * A prompt with its `{{argument}}` places filled in. Places without an argument stay, for the client to fill in
 * (troubleshooting draft section 3.3); what is filled in is not looked through again.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{\s*([\w-]+)\s*\}\}/g, (place: string, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? place) : place,
  );
}
