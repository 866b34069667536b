/** Lines of business a queue may serve; how long their recordings are kept is decided by line (compliance/src/retention). */
export const BUSINESS_LINES = [
  'service',
  'collection',
  'bank_sale',
  'insurance_sale_short',
  'insurance_sale_long',
  'securities_sale',
  'aml_relevant',
] as const;
export type BusinessLine = (typeof BUSINESS_LINES)[number];
