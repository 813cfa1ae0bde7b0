export * from './attributes.ts';
export * from './check.ts';
export * from './infos.ts';
export * from './labels.ts';
export * from './problems.ts';
export * from './types.ts';
