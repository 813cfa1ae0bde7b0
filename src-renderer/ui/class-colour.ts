/** Colours of classes: as different as can be for neighbours, light enough for any picture. */
export const classColour = (label: number | null): string =>
  label === null ? '#ffffff' : `hsl(${(label * 137.508) % 360} 85% 62%)`;
