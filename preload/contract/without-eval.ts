import { z } from 'zod';

/**
 * To be imported before anything else where the page's content security policy applies: zod makes code at run time
 * unless told not to before the first schema is declared, and its try alone is reported as a violation.
 */
z.config({ jitless: true });
