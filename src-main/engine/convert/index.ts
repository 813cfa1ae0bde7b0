export { prepareConversion } from './environment.ts';
export type { ParityLine } from './events.ts';
export {
  type ConversionEvent,
  type ConversionReceipt,
  type ConvertLdmOptions,
  convertLdm,
  weightTypes,
} from './ldm.ts';
