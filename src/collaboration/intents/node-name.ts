import { z } from 'zod';

/** As an intent may say it; whether there is such a node, discovery knows. */
export const nodeName = z.string().min(1).max(253);
