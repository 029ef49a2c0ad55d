/** Prints the JSON Schema of reports: node scripts/report-schema.ts > docs/report.schema.json */
import { z } from 'zod';
import { reportSchema } from '../src/core/report-schema.ts';

const schema = z.toJSONSchema(reportSchema, {
  override: ({ jsonSchema }) => {
    // Zod's own name for a prefix, which is no format of JSON Schema; the pattern beside it says the same.
    if (String(jsonSchema.format) === 'starts_with') delete jsonSchema.format;
  },
});
process.stdout.write(`${JSON.stringify({ title: 'Confer report', ...schema }, null, 2)}\n`);
