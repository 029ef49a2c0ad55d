/**
 * The part of containerlab's published schema (srl-labs/containerlab, schemas/clab.schema.json) and of its strict
 * parser (types/topology.go, links/link.go: unknown fields are refused) that our files use. Fields that we never
 * write are left out, which only makes this check stricter.
 */
import { z } from 'zod';

/** Container labels: map[string]string; the schema takes strings and numbers. */
const labels = z.record(z.string().min(1), z.union([z.string(), z.number()]));

const node = z.strictObject({
  kind: z.literal('linux'),
  image: z.string(),
  labels: labels.optional(),
});

const link = z.strictObject({
  endpoints: z.array(z.string().regex(/^\S+:\S+$/)).length(2),
  mtu: z.int().positive().optional(),
  labels: labels.optional(),
});

/** These node names mean something else in an endpoint (links/link_brief.go). */
const reserved = ['host', 'mgmt-net', 'macvlan'];

export const containerlabSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/),
  topology: z.strictObject({
    defaults: z.strictObject({ labels: labels.optional() }).optional(),
    nodes: z.record(
      z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]+$/)
        .refine((name) => !reserved.includes(name)),
      node,
    ),
    links: z.array(link).min(1),
  }),
});
