export { prepareConversion } from './environment.ts';
export {
  type ConversionEvent,
  type ConversionReceipt,
  type ConvertLdmOptions,
  conversionNeeds,
  convertLdm,
} from './ldm.ts';
export { inspectSource } from './source.ts';
