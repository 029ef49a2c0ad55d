/** Prints the JSON Schema of topology files for editors: node scripts/topology-schema.ts > docs/topology.schema.json */
import { topologyJsonSchema } from '../src/core/topology-document.ts';

process.stdout.write(`${JSON.stringify(topologyJsonSchema(), null, 2)}\n`);
